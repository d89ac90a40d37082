// A short soak of a server that keeps 50 KB of each call. Exit code 0 when the soak names the leak, 1 when it passes.

import { measureSoak } from "../../src/lab/soak/measure_soak.ts";
import { growthBound } from "../../src/lab/soak/judge_soak.ts";
import { describeSoak } from "../../src/lab/soak/soak_table.ts";

const MINUTES = 3;
const EVERY_SECONDS = 0.5;

const report = await measureSoak({
  calls: 50,
  everySeconds: EVERY_SECONDS,
  minutes: MINUTES,
  rounds: 1,
  audioFormat: "pcm24k",
  resampler: "polyphase",
  maxGrowth: growthBound(MINUTES, EVERY_SECONDS),
  main: new URL("../support/leaking_server.ts", import.meta.url).href,
});
console.log(describeSoak(report));
const isNamed = report.faults.some((fault) => / grew by /.test(fault));
console.log(isNamed ? "The planted leak was found." : "The planted leak was NOT found.");
Deno.exit(isNamed ? 0 : 1);
