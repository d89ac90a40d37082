import assert from "node:assert/strict";
import type { CallSession } from "../../src/call/call_session.ts";
import { CallMover, PAUSE_WITHIN_MS } from "../../src/cluster/mongo/call_mover.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
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

  async move(handOver: (kept: unknown) => Promise<void>): Promise<void> {
    this.movedAtMs = this.rig.clock.now();
    await handOver({});
    this.rig.live.splice(this.rig.live.indexOf(this), 1);
  }
}

class MoverRig {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly handedOver: string[] = [];
  readonly live: ScriptedCall[];
  takesStreams = true;
  isTaken = true;
  refusal: string | undefined;
  readonly mover: CallMover;

  constructor(count: number) {
    this.live = Array.from({ length: count }, (_, index) => new ScriptedCall(`CA${index}`, this));
    const all = () => this.live as unknown as CallSession[];
    const takesStreams = () => this.takesStreams;
    this.mover = new CallMover({
      fleet: {
        handOver: (callSid) => {
          this.handedOver.push(callSid);
          return Promise.resolve(this.isTaken);
        },
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

Deno.test("CallMover moves nothing while no other instance can take it, and says when the database did not", async () => {
  const rig = new MoverRig(2);
  for (const call of rig.live) call.rest = "pause";
  rig.takesStreams = false;
  rig.mover.moveAll();
  await rig.pass(20_000);
  assert.deepEqual(rig.handedOver, []);
  rig.takesStreams = true;
  rig.isTaken = false;
  await rig.pass(1_000);
  assert.equal(rig.handedOver.length, 2);
  assert.equal(rig.log.names.filter((name) => name === "call_not_moved").length, 2);
  rig.mover[Symbol.dispose]();
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
