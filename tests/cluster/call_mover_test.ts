import assert from "node:assert/strict";
import type { CallSession } from "../../src/call/call_session.ts";
import { CallMover, PAUSE_WITHIN_MS } from "../../src/cluster/mongo/call_mover.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import { sleep } from "../../src/util/clock.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { RecordingLog } from "../support/recording_log.ts";

/** What the mover sees of a call. */
class ScriptedCall {
  rest: "pause" | "gap" | undefined;
  isAboutToMove = false;
  movedAtMs: number | undefined;
  readonly info: { callSid: string };

  constructor(callSid: string, readonly rig: MoverRig) {
    this.info = { callSid };
  }

  aboutToMove(): void {
    this.isAboutToMove = true;
  }

  async move(handOver: (kept: unknown) => Promise<boolean>): Promise<boolean> {
    this.movedAtMs = this.rig.clock.now();
    if (!await handOver({})) return false;
    this.rig.live.splice(this.rig.live.indexOf(this), 1);
    return true;
  }
}

class MoverRig {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly handedOver: string[] = [];
  readonly kept: string[] = [];
  /** How long the database takes. */
  tookMs = 0;
  /** Most hand-overs at the same time. */
  most = 0;
  readonly live: ScriptedCall[];
  takesStreams = true;
  isTaken = true;
  refusal: string | undefined;
  readonly mover: CallMover;

  constructor(count: number) {
    this.live = Array.from({ length: count }, (_, index) => new ScriptedCall(`CA${index}`, this));
    const all = () => this.live as unknown as CallSession[];
    const takesStreams = () => this.takesStreams;
    let under = 0;
    this.mover = new CallMover({
      fleet: {
        handOver: async (callSid) => {
          this.handedOver.push(callSid);
          this.most = Math.max(this.most, ++under);
          if (this.tookMs > 0) await sleep(this.clock, this.tookMs);
          under--;
          return this.isTaken;
        },
        keep: (callSid) => void this.kept.push(callSid),
        get takesStreams() {
          return takesStreams();
        },
      },
      calls: {
        get all() {
          return [...all()];
        },
      },
      refusal: () => this.refusal,
      metrics: new Metrics(),
      clock: this.clock,
      log: this.log,
    });
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 20) {
      this.clock.advance(20);
      await settle();
    }
  }
}

Deno.test("CallMover moves each call in a pause of its own, and none without being told to", async () => {
  const rig = new MoverRig(3);
  const [first, second, third] = rig.live;
  first.rest = second.rest = third.rest = "pause";
  await rig.pass(10_000);
  assert.deepEqual(rig.handedOver, []);
  second.rest = third.rest = undefined;
  rig.mover.moveAll();
  await rig.pass(1_000);
  assert.deepEqual(rig.handedOver, ["CA0"]);
  assert.ok(second.isAboutToMove && third.isAboutToMove);
  third.rest = "pause";
  await rig.pass(1_000);
  assert.deepEqual(rig.handedOver, ["CA0", "CA2"]);
  rig.live.push(new ScriptedCall("CA3", rig)); // one that still came
  rig.live.at(-1)!.rest = "pause";
  await rig.pass(1_000);
  assert.deepEqual(rig.handedOver, ["CA0", "CA2", "CA3"]);
  rig.mover[Symbol.dispose]();
});

Deno.test("CallMover takes a gap between words once no pause has come in time", async () => {
  const rig = new MoverRig(1);
  const [call] = rig.live;
  const startMs = rig.clock.now();
  call.rest = "gap";
  rig.mover.moveAll();
  await rig.pass(PAUSE_WITHIN_MS + 500);
  assert.ok(
    call.movedAtMs! - startMs >= PAUSE_WITHIN_MS && call.movedAtMs! - startMs < PAUSE_WITHIN_MS + 200,
  );
  assert.match(JSON.stringify(rig.log.events), /"call_moved".*"rest":"gap"/);
  rig.mover[Symbol.dispose]();
});

Deno.test("CallMover moves nothing while no other instance can take it, and tries again what the database did not take", async () => {
  const rig = new MoverRig(1);
  rig.live[0].rest = "pause";
  rig.takesStreams = false;
  rig.mover.moveAll();
  await rig.pass(20_000);
  assert.deepEqual(rig.handedOver, []);
  rig.takesStreams = true;
  rig.isTaken = false;
  await rig.pass(40);
  assert.deepEqual(rig.kept, ["CA0"]);
  assert.deepEqual(rig.log.names, ["call_not_moved"]);
  rig.isTaken = true;
  await rig.pass(1_000);
  assert.deepEqual([rig.handedOver.length, rig.kept.length, rig.live.length], [2, 1, 0]);
  assert.equal(rig.log.names.at(-1), "call_moved");
  rig.mover[Symbol.dispose]();
});

Deno.test("CallMover lets one call after another go, the slower the slower the database takes them", async () => {
  for (const [tookMs, withinMs] of [[0, 40], [100, 200], [800, 1_600]]) {
    const rig = new MoverRig(20);
    for (const call of rig.live) call.rest = "pause";
    const calls = [...rig.live];
    rig.tookMs = tookMs;
    rig.mover.moveAll();
    await rig.pass(20 * withinMs + 3_000);
    assert.equal(rig.most, 1);
    const times = calls.map(({ movedAtMs }) => movedAtMs!).sort((a, b) => a - b);
    for (const [index, time] of times.entries()) {
      const afterMs = index === 0 ? Infinity : time - times[index - 1];
      assert.ok(afterMs >= withinMs, `${afterMs} ms after the one before, at ${tookMs} ms`);
    }
    assert.equal(rig.live.length, 0);
    rig.mover[Symbol.dispose]();
  }
});

Deno.test("CallMover moves the newest twentieth of the calls of an instance that has been short for five seconds", async () => {
  const rig = new MoverRig(40);
  for (const call of rig.live) call.rest = "pause";
  rig.refusal = "full"; // which is no reason
  await rig.pass(15_000);
  assert.deepEqual(rig.handedOver, []);
  rig.refusal = "late";
  await rig.pass(4_000);
  assert.deepEqual(rig.handedOver, []);
  await rig.pass(3_500);
  assert.deepEqual(rig.handedOver.sort(), ["CA38", "CA39"]);
  rig.refusal = undefined;
  await rig.pass(15_000);
  assert.equal(rig.handedOver.length, 2);
  assert.ok(rig.log.names.includes("calls_move_away"));
  rig.mover[Symbol.dispose]();
});
