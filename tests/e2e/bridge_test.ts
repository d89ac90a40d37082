import assert from "node:assert/strict";
import { call } from "../../src/lab/call/call_command.ts";
import { hasTone } from "../../src/lab/call/tone_detector.ts";
import { echoAgent } from "../../src/lab/openai/agents/echo_agent.ts";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { EmulatedSession } from "../../src/lab/openai/emulated_session.ts";
import type { CallReport } from "../../src/lab/twilio/call_report.ts";
import type { SimulatedCaller, SimulatedCallerOptions } from "../../src/lab/twilio/simulated_caller.ts";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { captureConsole } from "../support/capture_console.ts";
import { resampledBytes } from "../support/resampled.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { eventually } from "../support/eventually.ts";
import { StallWatch } from "../support/stall_watch.ts";

const test = sideBySide("the bridge carries all audio in real time");

const CALLS = 20;
const FRAME_MS = 20;
/** Audio in one delta: enough that a busy machine does not make the first one run out before the second comes. */
const DELTA_MS = 200;

/** A call and the session that serves it. */
interface Pair {
  caller: SimulatedCaller;
  report: Promise<CallReport>;
  session: EmulatedSession;
}

/** Places calls one after another, so that it is known whose session is whose. */
async function placeCalls(
  rig: BridgeRig,
  optionsOf: (number: number) => Partial<SimulatedCallerOptions>,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let number = 1; number <= CALLS; number++) {
    const caller = rig.caller(optionsOf(number));
    const report = caller.place();
    pairs.push({ caller, report, session: await rig.emulator.session(number) });
  }
  return pairs;
}

/**
 * Gaps inside answers that are longer than the process stood still about then: those that no busy machine is to blame for.
 * Model, server and callers of these tests share one event loop.
 */
function unexplainedGaps({ player }: SimulatedCaller, stalls: StallWatch): number[] {
  return player.underruns().filter(({ startMs, gapMs }) => {
    const aboutMs = gapMs + 1_000;
    return stalls.sumBetween(startMs - aboutMs, startMs + aboutMs) < gapMs;
  }).map(({ gapMs }) => gapMs);
}

test("20 calls of 20 s at once: each model gets every frame, each caller every byte, without a gap", async () => {
  await using rig = await BridgeRig.start({ emulator: { agent: echoAgent(), speed: 8, deltaMs: DELTA_MS } });
  using stalls = new StallWatch(rig.clock);
  // Quiet while an answer plays, so that none is interrupted, and at the end, so that all was answered. Each caller begins
  // a little later than the one before: people do not speak in time with each other.
  const turn = [CallerSpeech.tone(440, 2_000), CallerSpeech.silence(4_000)];
  const pairs = await placeCalls(rig, (number) => ({
    speech: CallerSpeech.join(
      CallerSpeech.silence(1_500 + number * 150),
      ...turn,
      ...turn,
      CallerSpeech.silence(60_000),
    ),
    answerGapMs: 400,
  }));
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  for (const { caller, session } of pairs) {
    const { responses } = session.record;
    await eventually(
      "the greeting and both answers are made and heard",
      () =>
        responses.length === 3 && responses.every(({ status }) => status === "completed") &&
        caller.player.playedBytes(rig.clock.now()) === resampledBytes(session.record),
      30_000,
    );
    caller.hangUp();
  }
  for (const { caller, report, session } of pairs) {
    const { problems, clears, sentMs, receivedMs } = await report;
    assert.deepEqual(problems, []);
    assert.equal(clears, 0);
    assert.deepEqual(unexplainedGaps(caller, stalls), []);
    const { record } = session;
    assert.deepEqual(record.errors, []);
    assert.equal(record.audio.size, 3);
    assert.equal(receivedMs * BYTES_PER_MS, resampledBytes(record));
    const tailsMs = receivedMs - record.sentMs;
    assert.ok(tailsMs >= 0 && tailsMs < FRAME_MS, `${tailsMs} ms more than was made`);
    const summaryOf = () => rig.summaries.find(({ info }) => info.callSid === caller.callSid);
    await eventually("the call ended", () => summaryOf() !== undefined && record.end !== undefined);
    const { uplinkMissingMs, uplinkDroppedMs, downlinkDroppedMs } = summaryOf()!;
    // On a machine that stands still for long, silence takes the place of frames that then come late.
    assert.equal(record.appended.ms, sentMs + uplinkMissingMs, "the model has every frame");
    assert.deepEqual([uplinkDroppedMs, downlinkDroppedMs], [0, 0]);
  }
  assert.deepEqual(rig.emulator.stats().errors, {});
});

Deno.test("slimline call finds no fault with 20 calls at once, and exits with 0", async () => {
  await using rig = await BridgeRig.start({ emulator: { agent: echoAgent(), speed: 8 } });
  const { server: to, publicUrl, authToken, accountSid } = rig.line;
  const argv = ["--to", to, "--calls", String(CALLS), "--seconds", "4", "--json"];
  const { code, out } = await captureConsole(() => call(argv, { publicUrl, authToken, accountSid }));
  const { calls } = JSON.parse(out);
  assert.equal(calls.length, CALLS);
  assert.deepEqual(calls.flatMap(({ faults }: { faults: string[] }) => faults), []);
  assert.equal(code, 0);
});

test("a 60-second answer at 8 times real time is heard whole and in order", async () => {
  await using rig = await BridgeRig.start({
    emulator: {
      agent: scriptedAgent([{
        say: [{ toneMs: 30_000, frequencyHz: 500 }, { toneMs: 30_000, frequencyHz: 900 }],
      }]),
      speed: 8,
    },
  });
  using stalls = new StallWatch(rig.clock);
  const caller = rig.caller();
  const done = caller.place();
  assert.ok(await caller.until(() => caller.player.playedBytes(rig.clock.now()) >= 60_000 * 8, 70_000));
  const heard = caller.player.heard(rig.clock.now());
  assert.ok(hasTone(heard.subarray(100 * 8, 29_900 * 8), 500), "the first half first");
  assert.ok(hasTone(heard.subarray(30_100 * 8, 59_900 * 8), 900), "the second half after it");
  caller.hangUp();
  const report = await done;
  assert.deepEqual(unexplainedGaps(caller, stalls), []);
  assert.deepEqual(report.problems, []);
  await eventually("the call ended", () => rig.ended.length === 1);
  assert.equal(rig.ended[0].downlinkDroppedMs, 0);
});
