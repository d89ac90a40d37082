import assert from "node:assert/strict";
import { hasTone } from "../../src/cli/call/tone.ts";
import { echoAgent } from "../../src/emulator/realtime/agents/echo_agent.ts";
import { scriptedAgent } from "../../src/emulator/realtime/agents/scripted_agent.ts";
import { Speech } from "../../src/emulator/twilio/speech.ts";
import { BridgeRig, eventually } from "../support/bridge_rig.ts";

/** A frame, which is what "all of the audio" is measured by. */
const FRAME_MS = 20;

Deno.test("20 calls of 20 s at once: everything said arrives, both ways, without a gap", async () => {
  await using rig = await BridgeRig.start({ emulator: { agent: echoAgent(), speed: 8 } });
  // Quiet while the answer plays, so that no answer is interrupted: 2 s of tone, then 4 s of silence.
  const speech = Speech.join(Speech.silence(1_500), Speech.tone(440, 2_000), Speech.silence(4_000));
  const callers = Array.from({ length: 20 }, () => rig.caller({ speech, answerGapMs: 400 }));
  const reports = callers.map((caller) => caller.place());
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  for (const caller of callers) caller.hangUp();
  for (const report of await Promise.all(reports)) {
    assert.deepEqual(report.problems, []);
    assert.equal(report.underruns, 0);
    assert.ok(report.sentMs >= 19_000, `sent ${report.sentMs} ms`);
  }
  await eventually("all calls ended", () => rig.app.calls.active === 0);
  const sentMs = (await Promise.all(reports)).reduce((sum, report) => sum + report.sentMs, 0);
  const receivedMs = (await Promise.all(reports)).reduce((sum, report) => sum + report.receivedMs, 0);
  const { appendedMs, deltaAudioMs, errors } = rig.emulator.stats();
  assert.deepEqual(errors, {});
  // What is under way when a caller hangs up is lost to nobody: one frame and one append a call.
  assert.ok(
    sentMs - appendedMs <= 20 * 2 * FRAME_MS,
    `callers sent ${sentMs} ms, the model got ${appendedMs} ms`,
  );
  // The resampler's tail makes each answer a few milliseconds longer.
  assert.ok(
    Math.abs(receivedMs - deltaAudioMs) <= 20 * 5 * FRAME_MS,
    `made ${deltaAudioMs} ms, came ${receivedMs} ms`,
  );
  assert.ok(receivedMs >= deltaAudioMs - FRAME_MS, `made ${deltaAudioMs} ms, came ${receivedMs} ms`);
});

Deno.test("a 60-second answer at 8 times real time is heard whole and in order", async () => {
  await using rig = await BridgeRig.start({
    emulator: {
      agent: scriptedAgent([{
        say: [{ toneMs: 30_000, frequencyHz: 500 }, { toneMs: 30_000, frequencyHz: 900 }],
      }]),
      speed: 8,
    },
  });
  const caller = rig.caller();
  const done = caller.place();
  assert.ok(await caller.until(() => caller.player.playedBytes(rig.clock.now()) >= 60_000 * 8, 70_000));
  const heard = caller.player.heard(rig.clock.now());
  assert.ok(hasTone(heard.subarray(100 * 8, 29_900 * 8), 500), "the first half first");
  assert.ok(hasTone(heard.subarray(30_100 * 8, 59_900 * 8), 900), "the second half after it");
  caller.hangUp();
  const report = await done;
  assert.equal(report.underruns, 0);
  assert.deepEqual(report.problems, []);
  await eventually("the call ended", () => rig.ended.length === 1);
  assert.equal(rig.ended[0].downlinkDroppedMs, 0);
});
