import assert from "node:assert/strict";
import { soakChart } from "../../../src/lab/soak/soak_chart.ts";
import { describeSoak } from "../../../src/lab/soak/soak_table.ts";
import { goodReport, goodRound, samplesOf } from "./soak_rig.ts";

Deno.test("describeSoak() gives ten rows a round, the last sample among them, and the verdict", () => {
  const text = describeSoak(goodReport());
  assert.equal(text.match(/^ +\d+\.\d +50 /gm)?.length, 20);
  assert.match(text, /^ +30\.0 +50 +100\.0 +36\.0 +16\.0 +12\.0 +1\.0 +3 ms$/m);
  assert.match(text, /growth from minute 10\.0 on: -?\d+\.\d MB an hour \(95 %: -?\d+\.\d to -?\d+\.\d\)/);
  assert.match(text, /Warnings and errors logged: none\.\nPassed\.$/);
});

Deno.test("describeSoak() tells why a soak is not passed", () => {
  const text = describeSoak(goodReport({ faults: ["Round 1: too hot."], warnings: { stream_violation: 3 } }));
  assert.match(text, /logged: stream_violation 3\.\nRound 1: too hot\.\nNot passed\.$/);
});

Deno.test("soakChart() draws anonymous memory and heap of each round, for light and dark themes", () => {
  const svg = soakChart(goodReport());
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.match(svg, /<desc id="d">50 calls for 30 minutes, 38\.0, then 38\.0 MB at the end\.<\/desc>/);
  assert.equal(svg.match(/<polyline /g)?.length, 4);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|null/);
});

Deno.test("soakChart() draws a soak that ended before its first sample", () => {
  const svg = soakChart(goodReport({ rounds: [goodRound({ samples: [], growth: null, endAnon: 0 })] }));
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|null/);
});

Deno.test("soakChart() escapes what it is told", () => {
  const rounds = [goodRound({ samples: samplesOf(() => 30) })];
  assert.match(soakChart(goodReport({ rounds, resampler: "<a&b>" })), /&lt;a&amp;b&gt;/);
});
