import assert from "node:assert/strict";
import type { FromWorker, ToWorker } from "../../src/cluster/worker_messages.ts";
import { evenShare } from "../../src/cluster/worker_messages.ts";
import {
  HEALTHY_AFTER_MS,
  RESTART,
  SILENT_AFTER_MS,
  Supervisor,
  type WorkerProcess,
} from "../../src/cluster/supervisor.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { RecordingLog } from "../support/recording_log.ts";

/** A worker that does nothing by itself. */
class FakeWorker implements WorkerProcess {
  readonly told: ToWorker[] = [];
  readonly signals: Deno.Signal[] = [];
  readonly messages: AsyncIterable<FromWorker>;
  readonly #stream: ReadableStreamDefaultController<FromWorker>;
  readonly #ended = Promise.withResolvers<{ code: number; signal: Deno.Signal | null }>();

  constructor(readonly pid: number) {
    let stream: ReadableStreamDefaultController<FromWorker>;
    this.messages = new ReadableStream({ start: (controller) => void (stream = controller) });
    this.#stream = stream!;
  }

  get ended(): WorkerProcess["ended"] {
    return this.#ended.promise;
  }

  tell(message: ToWorker): void {
    this.told.push(message);
  }

  signal(signal: Deno.Signal): void {
    this.signals.push(signal);
  }

  async listen(port: number, internalPort: number): Promise<void> {
    this.#stream.enqueue({ is: "listening", port, internalPort });
    await settle();
  }

  async alive(): Promise<void> {
    this.#stream.enqueue({ is: "alive" });
    await settle();
  }

  async end(code: number, signal: Deno.Signal | null = null): Promise<void> {
    this.#stream.close();
    this.#ended.resolve({ code, signal });
    await settle();
  }
}

function rig(workers: number) {
  const clock = new ManualClock();
  const log = new RecordingLog();
  const started: FakeWorker[] = [];
  let failures = 0;
  const spawn = () => {
    if (failures-- > 0) throw new Deno.errors.WouldBlock("no room");
    const worker = new FakeWorker(started.length);
    started.push(worker);
    return worker;
  };
  const supervisor = new Supervisor({
    workers,
    port: 0,
    secret: "s",
    drainMs: 60_000,
    spawn,
    clock,
    log,
    random: () => 1,
  });
  supervisor.start();
  return { clock, log, started, supervisor, failSpawns: (count: number) => void (failures = count) };
}

function named(log: RecordingLog, name: string) {
  return log.events.filter(({ event }) => event === name).map(({ attributes }) => attributes);
}

async function running(workers: number) {
  const all = rig(workers);
  await all.started[0].listen(4000, 5000);
  for (let worker = 1; worker < workers; worker++) await all.started[worker].listen(4000, 5000 + worker);
  return all;
}

Deno.test("Supervisor starts the others on the port that the first has taken", async () => {
  const { started, supervisor } = rig(3);
  assert.equal(started.length, 1);
  await started[0].listen(4000, 5000);
  assert.deepEqual(started.map(({ told }) => told[0]), [
    { is: "start", worker: 0, workers: 3, port: 0, secret: "s", isRestart: false },
    { is: "start", worker: 1, workers: 3, port: 4000, secret: "s", isRestart: false },
    { is: "start", worker: 2, workers: 3, port: 4000, secret: "s", isRestart: false },
  ]);
  await started[1].listen(4000, 5001);
  await started[2].listen(4000, 5002);
  assert.equal(await supervisor.listening, 4000);
  for (const { told } of started) {
    assert.deepEqual(told.at(-1), { is: "siblings", ports: [5000, 5001, 5002] });
  }
});

Deno.test("Supervisor starts a worker that has crashed again after a pause, and tells the others of it", async () => {
  const { clock, log, started } = await running(2);
  await started[1].end(137, "SIGKILL");
  assert.deepEqual(started[0].told.at(-1), { is: "siblings", ports: [5000, null] });
  assert.deepEqual(named(log, "worker_ended"), [
    { worker: 1, code: 137, signal: "SIGKILL", restartMs: RESTART.firstMs },
  ]);
  clock.advance(RESTART.firstMs - 1);
  assert.equal(started.length, 2);
  clock.advance(1);
  assert.deepEqual(started[2].told[0], { ...started[1].told[0], isRestart: true });
  await started[2].listen(4000, 6001);
  assert.deepEqual(started[0].told.at(-1), { is: "siblings", ports: [5000, 6001] });
});

Deno.test("Supervisor waits longer and longer for a worker that crashes at once", async () => {
  const { clock, log, started } = await running(2);
  for (let crash = 0; crash < 3; crash++) {
    await started.at(-1)!.end(1);
    clock.advance(60_000);
  }
  const pauses = named(log, "worker_ended").map(({ restartMs }) => restartMs);
  assert.deepEqual(pauses, [RESTART.firstMs, 2 * RESTART.firstMs, 4 * RESTART.firstMs]);
});

Deno.test("Supervisor counts the crash of a worker that has run well as a first one", async () => {
  const { clock, log, started } = await running(2);
  for (const ranMs of [0, HEALTHY_AFTER_MS - 1, HEALTHY_AFTER_MS]) {
    clock.advance(ranMs);
    await started.at(-1)!.end(1);
    clock.advance(named(log, "worker_ended").at(-1)!.restartMs as number);
  }
  const pauses = named(log, "worker_ended").map(({ restartMs }) => restartMs);
  assert.deepEqual(pauses, [RESTART.firstMs, 2 * RESTART.firstMs, RESTART.firstMs]);
});

Deno.test("Supervisor tries again when the system has no room for another process", async () => {
  const { clock, log, started, failSpawns } = await running(2);
  failSpawns(2);
  await started[1].end(1);
  clock.advance(RESTART.firstMs);
  clock.advance(2 * RESTART.firstMs);
  assert.equal(named(log, "worker_not_started").length, 2);
  assert.equal(started.length, 2);
  clock.advance(4 * RESTART.firstMs);
  assert.equal(started.length, 3);
});

Deno.test("Supervisor gives up with the worker's exit code when the first cannot start", async () => {
  const { log, started, supervisor } = rig(2);
  await started[0].end(2);
  assert.equal(await supervisor.finished, 2);
  assert.equal(started.length, 1);
  assert.equal(named(log, "workers_cannot_start").length, 1);
});

Deno.test("Supervisor passes a stop on, starts nobody any more, and ends with the last worker", async () => {
  const { clock, started, supervisor } = await running(3);
  await started[2].end(1);
  supervisor.stop();
  clock.advance(60_000);
  assert.equal(started.length, 3);
  assert.deepEqual(started.map(({ signals }) => signals), [["SIGTERM"], ["SIGTERM"], []]);
  let isFinished = false;
  void supervisor.finished.then(() => isFinished = true);
  await started[0].end(0);
  assert.equal(isFinished, false);
  supervisor.stop(); // a second wish cuts the drain short
  assert.deepEqual(started[1].signals, ["SIGTERM", "SIGTERM"]);
  await started[1].end(0);
  assert.equal(await supervisor.finished, 0);
});

Deno.test("Supervisor kills a worker that does not end in time, sooner after a second wish", async () => {
  for (const [wishes, withinMs] of [[1, 75_000], [2, 15_000]]) {
    const { clock, log, started, supervisor } = await running(2);
    for (let wish = 0; wish < wishes; wish++) supervisor.stop();
    await started[0].end(0);
    clock.advance(withinMs - 1);
    assert.deepEqual(started[1].signals, Array(wishes).fill("SIGTERM"));
    clock.advance(1);
    assert.equal(started[1].signals.at(-1), "SIGKILL");
    assert.deepEqual(named(log, "worker_killed").map(({ worker }) => worker), [1]);
    await started[1].end(137);
    assert.equal(await supervisor.finished, 137);
    assert.equal(clock.pending, 0);
  }
});

Deno.test("Supervisor passes other signals on", async () => {
  const { started, supervisor } = await running(2);
  supervisor.signal("SIGHUP");
  assert.deepEqual(started.map(({ signals }) => signals), [["SIGHUP"], ["SIGHUP"]]);
});

Deno.test("evenShare() divides without rest", () => {
  assert.deepEqual([0, 1, 2].map((worker) => evenShare(200, worker, 3)), [67, 67, 66]);
  assert.deepEqual([0, 1, 2].map((worker) => evenShare(3, worker, 3)), [1, 1, 1]);
});

Deno.test("Supervisor kills a worker that listened and is not heard of any more, and no other", async () => {
  const { clock, log, started } = await running(2);
  for (let waitedMs = 0; waitedMs < SILENT_AFTER_MS; waitedMs += 5_000) {
    await started[0].alive();
    clock.advance(5_000);
  }
  assert.deepEqual(started.map(({ signals }) => signals), [[], ["SIGKILL"]]);
  assert.deepEqual(named(log, "worker_killed"), [{
    worker: 1,
    meaning: "it has not been heard of for 30 s",
  }]);
  await started[1].end(137, "SIGKILL");
  clock.advance(RESTART.firstMs);
  assert.equal(started.length, 3);
});
