import assert from "node:assert/strict";
import { capacity, parseCapacityArgs } from "../../../src/lab/capacity/capacity_command.ts";
import { spread } from "../../../src/lab/capacity/capacity_report.ts";
import { captureConsole } from "../../support/capture_console.ts";

for (
  const [argv, wanted] of [
    [["--steps", "10,5"], /--steps is "10,5"; at most 50 rising numbers/],
    [["--steps", "100,200", "--max-calls", "10"], /--max-calls is "10"; no step is that small/],
    [["--steps", "1,two"], /--steps is "two"/],
    [["--steps", "0"], /from 1 to 1000/],
    [["--max-calls", "2000"], /--max-calls is "2000"/],
    [["--rounds", "11"], /--rounds/],
    [["--seconds", "1"], /--seconds is "1"; a whole number from 2/],
    [["--format", "mp3"], /--format is "mp3"; it must be one of pcm24k, pcmu/],
    [["--resampler", "sox"], /--resampler is "sox"; it must be one of polyphase/],
    [["--memory-limit", "much"], /--memory-limit/],
    [["--server-cpu", "4096"], /--server-cpu is "4096"; a whole number from 0/],
    [["--instances", "1"], /--instances is "1"; a whole number from 2/],
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
  assert.deepEqual(spread([]), { p50: null, p99: null });
  assert.deepEqual(spread([5]), { p50: 5, p99: 5 });
  assert.deepEqual(spread(Array.from({ length: 200 }, (_, index) => 200 - index)), { p50: 100, p99: 198 });
});
