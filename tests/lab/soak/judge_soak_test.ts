import assert from "node:assert/strict";
import {
  endingAnon,
  growthBound,
  hourlyGrowth,
  objectBytes,
  soakFaults,
  warmUpSeconds,
} from "../../../src/lab/soak/judge_soak.ts";
import type { SoakReport, SoakRound } from "../../../src/lab/soak/soak_report.ts";
import { goodReport, goodRound, MB, samplesOf, sawtooth } from "./soak_rig.ts";

const oneRound = (changes: Partial<SoakRound>) => goodReport({ rounds: [goodRound(changes)] });

Deno.test("faultsOfSoak() passes a soak whose memory only goes up and down with the garbage collector", () => {
  assert.deepEqual(soakFaults(goodReport()), []);
});

Deno.test("faultsOfSoak() lets memory fill in the first ten minutes, and not after", () => {
  const filling = (until: number) => samplesOf((minutes) => sawtooth(minutes) + Math.min(0, minutes - until));
  assert.deepEqual(soakFaults(oneRound({ samples: filling(10) })), []);
  assert.match(
    soakFaults(oneRound({ samples: filling(30) }))[0],
    /^Round 1: anonymous memory grew by 6\d\./,
  );
});

Deno.test("faultsOfSoak() finds 50 KB that each call leaves behind under the collector's steps", () => {
  const leakMbAMinute = 30 * 50 / 1024;
  const samples = samplesOf((minutes) => sawtooth(minutes) + leakMbAMinute * minutes);
  assert.match(
    soakFaults(oneRound({ samples }))[0],
    /at least \d+\.\d with 95 % confidence; the limit is 1\.0/,
  );
});

Deno.test("faultsOfSoak() finds the same leak within three minutes when calls come and go faster", () => {
  const leakMbAMinute = 120 * 50 / 1024;
  const short = (leak: number) => {
    const samples = samplesOf((minutes) => sawtooth(minutes) + leak * minutes).slice(0, 36);
    const growth = hourlyGrowth(samples, warmUpSeconds(3));
    const objectGrowth = hourlyGrowth(samples, warmUpSeconds(3), objectBytes);
    return soakFaults({ ...oneRound({ samples, growth, objectGrowth }), maxGrowth: growthBound(3, 0.5) });
  };
  assert.match(short(leakMbAMinute)[0], /anonymous memory grew/);
  assert.deepEqual(short(0), []);
});

for (
  const [what, changes, wanted] of [
    ["too few samples", { growth: null }, /too few samples/],
    [
      "calls that failed",
      { callers: { ...goodRound().callers, failed: 2, faults: ["1 turns were not answered"] } },
      /2 of 949 calls failed: 1 turns were not answered/,
    ],
    [
      "objects that are kept",
      { objectGrowth: { perX: 5 * MB, low: 4 * MB, high: 6 * MB } },
      /what objects hold grew by 5\.0 MB an hour, at least 4\.0/,
    ],
    [
      "a load that was not held",
      { callers: { ...goodRound().callers, refused: 95 } },
      /95 of 949 calls were refused: the load was not held/,
    ],
    ["callers who were not heard", { lostUpMsPerCall: 101 }, /101 ms of what a caller said/],
    ["a call that is left", { after: { ...goodRound().after, activeCalls: 1 } }, /1 calls were left/],
    ["a slot that is left", { after: { ...goodRound().after, kernelSlots: 3 } }, /3 kernel slots were left/],
    [
      "a session that is left",
      { after: { ...goodRound().after, sessionsOpen: 2 } },
      /2 sessions at the model/,
    ],
  ] satisfies [string, Partial<SoakRound>, RegExp][]
) {
  Deno.test(`faultsOfSoak() names ${what}`, () => {
    const faults = soakFaults(oneRound(changes));
    assert.equal(faults.length, 1);
    assert.match(faults[0], wanted);
  });
}

Deno.test("faultsOfSoak() lets a few calls be refused, since a busy machine makes a server late", () => {
  assert.deepEqual(soakFaults(oneRound({ callers: { ...goodRound().callers, refused: 94 } })), []);
});

Deno.test("faultsOfSoak() holds the end of a second round against that of the first", () => {
  const second = (endAnon: number): SoakReport =>
    goodReport({ rounds: [goodRound({ endAnon: 38 * MB }), goodRound({ round: 2, endAnon })] });
  assert.deepEqual(soakFaults(second(43 * MB)), []);
  assert.deepEqual(soakFaults(second(44 * MB)), [
    "Round 2 ended 6.0 MB above the first; 5.0 MB is the limit.",
  ]);
});

Deno.test("faultsOfSoak() fails on the server's alarms about memory, and on no other warning", () => {
  assert.deepEqual(soakFaults(goodReport({ warnings: { stream_violation: 3 } })), []);
  assert.deepEqual(soakFaults(goodReport({ warnings: { memory_growing: 2 } })), [
    "The server raised memory_growing (2 times).",
  ]);
});

Deno.test("maxGrowthOf() is 1 MB an hour for half an hour, and what 25 KB a call make for less", () => {
  assert.equal(growthBound(30, 2), MB);
  assert.equal(growthBound(3, 2), 1800 * 25 * 1024);
  assert.equal(growthBound(3, 0.5), 7200 * 25 * 1024);
});

Deno.test("warmUpSeconds() is ten minutes, or a third of a shorter soak", () => {
  assert.deepEqual([3, 30, 60].map(warmUpSeconds), [60, 600, 600]);
});

Deno.test("endAnonOf() takes the median of the last tenth, and resident memory where no other is told", () => {
  assert.equal(endingAnon(samplesOf((minutes) => minutes < 27 ? 10 : 50)), 50 * MB);
  const unknown = samplesOf(() => 0).map((sample) => ({ ...sample, rssAnon: null }));
  assert.equal(endingAnon(unknown), 100 * MB);
});
