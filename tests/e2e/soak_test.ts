import assert from "node:assert/strict";
import { measureSoak } from "../../src/lab/soak/measure_soak.ts";
import { sideBySide } from "../support/side_by_side.ts";

const test = sideBySide("measureSoak() starts real processes");

test("measureSoak() lets calls come and go, loses no audio, and leaves nothing behind", async () => {
  const { rounds, warnings } = await measureSoak({
    calls: 4,
    everySeconds: 1,
    minutes: 12 / 60,
    rounds: 1,
    audioFormat: "pcm24k",
    resampler: "polyphase",
    maxGrowth: 2 ** 40,
  });
  const [{ callers, samples, after, lostUpMsPerCall }] = rounds;
  assert.equal(callers.failed, 0, callers.faults.join("; "));
  assert.equal(callers.calls, 4 + 11);
  assert.ok(callers.cutOff > 0 && callers.hangUps === 3, JSON.stringify(callers));
  assert.ok(lostUpMsPerCall <= 100, `${lostUpMsPerCall} ms lost`);
  assert.ok(samples.length >= 5 && samples.some(({ activeCalls }) => activeCalls >= 3));
  assert.deepEqual([after.activeCalls, after.kernelSlots, after.sessionsOpen], [0, 0, 0]);
  assert.deepEqual(Object.keys(warnings).filter((event) => event.startsWith("memory_")), []);
});

test("measureSoak() ends when it is told to", async () => {
  const options = {
    calls: 1,
    everySeconds: 1,
    minutes: 1,
    rounds: 1,
    audioFormat: "pcmu",
    resampler: "polyphase",
    maxGrowth: 0,
    signal: AbortSignal.abort(),
  };
  await assert.rejects(measureSoak(options), /Interrupted/);
});
