import assert from "node:assert/strict";
import { capacity } from "../../../src/lab/capacity/command.ts";
import { measureCapacity } from "../../../src/lab/capacity/measure.ts";
import { parseCapacityArgs } from "../../../src/lab/capacity/options.ts";
import { spreadOf } from "../../../src/lab/capacity/measurement.ts";
import { captureConsole } from "../../support/capture_console.ts";
import { sideBySide } from "../../support/side_by_side.ts";

const test = sideBySide("measureCapacity() starts real processes");

for (
  const [argv, wanted] of [
    [["--steps", "10,5"], /--steps is "10,5"; at most 50 rising numbers/],
    [["--steps", "1,two"], /--steps is "two"/],
    [["--steps", "0"], /from 1 to 1000/],
    [["--max-calls", "2000"], /--max-calls is "2000"/],
    [["--rounds", "11"], /--rounds/],
    [["--seconds", "1"], /--seconds is "1"; a whole number from 2/],
    [["--format", "mp3"], /--format is "mp3"; it must be one of pcm24k, pcmu/],
    [["--resampler", "sox"], /--resampler is "sox"; it must be one of polyphase/],
    [["--memory-limit", "much"], /--memory-limit/],
    [["--server-cpu", "4096"], /--server-cpu is "4096"; a whole number from 0/],
    [["--nonsense"], /--nonsense/],
  ] as const
) {
  Deno.test(`slimline capacity ${argv.join(" ")} is wrong usage`, async () => {
    const { code, out, err } = await captureConsole(() => capacity([...argv]));
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.match(err, wanted);
  });
}

Deno.test("slimline capacity takes its usual steps up to --max-calls", () => {
  const stepsFor = (...argv: string[]) => {
    const args = parseCapacityArgs(argv, "");
    return typeof args === "number" ? undefined : args.steps;
  };
  assert.deepEqual(stepsFor(), [1, 10, 50, 100, 200, 300, 400, 500, 600, 800, 1000]);
  assert.deepEqual(stepsFor("--max-calls", "60"), [1, 10, 50]);
  assert.deepEqual(stepsFor("--steps", "3,300"), [3, 300]);
  assert.deepEqual(stepsFor("--steps", "3,300", "--max-calls=100"), [3]);
});

Deno.test("spreadOf() takes median and 99th percentile by nearest rank", () => {
  assert.deepEqual(spreadOf([]), { p50: null, p99: null });
  assert.deepEqual(spreadOf([5]), { p50: 5, p99: 5 });
  assert.deepEqual(spreadOf(Array.from({ length: 200 }, (_, index) => 200 - index)), { p50: 100, p99: 198 });
});

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
