import assert from "node:assert/strict";
import { parseSoakArgs, soak } from "../../../src/lab/soak/soak_command.ts";
import { captureConsole } from "../../support/capture_console.ts";

for (
  const [argv, wanted] of [
    [["--calls", "0"], /--calls is "0"; a whole number from 1 to 1000/],
    [["--calls", "2.5"], /--calls is "2.5"; a whole number/],
    [["--minutes", "0.1"], /--minutes is "0.1"; a number from 0.5/],
    [["--every", "often"], /--every is "often"/],
    [["--rounds", "11"], /--rounds/],
    [["--max-growth", "-1"], /--max-growth/],
    [["--format", "mp3"], /--format is "mp3"; it must be one of pcm24k, pcmu/],
    [["--nonsense"], /--nonsense/],
  ] as const
) {
  Deno.test(`slimline soak ${argv.join(" ")} is wrong usage`, async () => {
    const { code, out, err } = await captureConsole(() => soak([...argv]));
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.match(err, wanted);
  });
}

Deno.test("slimline soak is by default what must hold: 50 calls, one every 2 s, for 30 minutes, 1 MB an hour", () => {
  const args = parseSoakArgs([], "");
  assert.ok(typeof args !== "number");
  const { calls, everySeconds, minutes, rounds, maxGrowth } = args;
  assert.deepEqual([calls, everySeconds, minutes, rounds, maxGrowth], [50, 2, 30, 1, 2 ** 20]);
});
