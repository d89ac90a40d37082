import assert from "node:assert/strict";
import { positionMark, probeMark, readMark, RoundTrip } from "../../../src/call/playback/marks.ts";

Deno.test("positionMark() and probeMark() carry all that their echo has to say", () => {
  assert.equal(positionMark(3, 12_800), "g3:12800");
  assert.deepEqual(readMark("g3:12800"), { kind: "position", generation: 3, position: 12_800 });
  assert.equal(probeMark(1234.5678), "p1234568");
  assert.deepEqual(readMark("p1234568"), { kind: "probe", sentAtMs: 1234.568 });
});

Deno.test("readMark() knows no name that is not ours", () => {
  for (
    const name of [
      "",
      "g",
      "g1",
      "g1:",
      "g:1",
      "g1:2:3",
      "g-1:2",
      "g1:2 ",
      "p",
      "p1.5",
      "p-1",
      "q1",
      "my label",
    ]
  ) {
    assert.equal(readMark(name), undefined, name);
  }
});

Deno.test("readMark() takes no number that a double cannot hold exactly", () => {
  assert.equal(readMark(`g0:${"9".repeat(13)}`), undefined);
  assert.equal(readMark(`p${"9".repeat(16)}`), undefined);
});

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
