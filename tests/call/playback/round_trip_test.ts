import assert from "node:assert/strict";
import { RoundTrip } from "../../../src/call/playback/marks.ts";

Deno.test("RoundTrip is unknown, and 0, before the first sample", () => {
  const roundTrip = new RoundTrip();
  assert.deepEqual([roundTrip.known, roundTrip.ms], [false, 0]);
});

Deno.test("RoundTrip takes the shortest of the last samples, since what made others longer was not the way", () => {
  const roundTrip = new RoundTrip();
  for (const sampleMs of [180, 150, 400]) roundTrip.add(sampleMs);
  assert.deepEqual([roundTrip.known, roundTrip.ms], [true, 150]);
});

Deno.test("RoundTrip notices in the end that the way became longer", () => {
  const roundTrip = new RoundTrip();
  roundTrip.add(100);
  for (let i = 0; i < 7; i++) roundTrip.add(250);
  assert.equal(roundTrip.ms, 100);
  roundTrip.add(250);
  assert.equal(roundTrip.ms, 250);
});
