import assert from "node:assert/strict";
import { measureCapacity } from "../../src/lab/capacity/measure_capacity.ts";
import { sideBySide } from "../support/side_by_side.ts";

const test = sideBySide("measureCapacity() starts real processes");

test("measureCapacity() measures one and two calls, delivers all audio, and leaves no process behind", async () => {
  const { steps, idle, stopped } = await measureCapacity({
    steps: [1, 2],
    rounds: 1,
    seconds: 2,
    audioFormat: "pcm24k",
    resampler: "polyphase",
    memoryLimitBytes: 2 ** 40,
    replySeconds: 0.5,
    settleMs: 300,
  });
  // A busy machine makes a step late, which is then taken once more.
  const taken = [...new Set(steps.map(({ calls }) => calls))];
  assert.deepEqual(taken, stopped === null ? [1, 2] : [1, 2].slice(0, taken.length));
  assert.ok(idle.rss > 2 ** 20);
  for (const step of steps) {
    assert.equal(step.failed, 0, step.faults.join("; "));
    assert.ok(step.deliveredUp >= 0.99 && step.deliveredUp <= 1, `up ${step.deliveredUp}`);
    assert.ok(step.deliveredDown >= 1 && step.deliveredDown < 1.03, `down ${step.deliveredDown}`);
    assert.ok(step.answers >= step.calls, `${step.answers} answers`);
    assert.ok((step.answerMs.p50 ?? -1) > 0, `${step.answerMs.p50} ms to an answer`);
    assert.ok(step.loopLag.samples >= 10, `${step.loopLag.samples} samples`);
    assert.ok(step.cpuPerCall === null || step.cpuPerCall > 0);
    assert.ok(step.setUpMs === null || step.setUpMs > 0, `${step.setUpMs} ms to set a call up`);
    assert.ok(step.rss > 2 ** 20 && step.after.rss > 2 ** 20);
  }
});

test("measureCapacity() stops after the step that reached the limit, and ends when it is told to", async () => {
  const interrupt = new AbortController();
  const steps: number[] = [];
  const options = {
    steps: [1, 2, 3],
    rounds: 2,
    seconds: 2,
    audioFormat: "pcmu",
    resampler: "polyphase",
    memoryLimitBytes: 1,
    replySeconds: 0.5,
    settleMs: 0,
  };
  const { stopped } = await measureCapacity({ ...options, onStep: ({ calls }) => steps.push(calls) });
  assert.deepEqual(steps, [1]);
  assert.match(stopped ?? "", /memory reached the limit/);
  interrupt.abort();
  await assert.rejects(measureCapacity({ ...options, signal: interrupt.signal }), /Interrupted/);
});
