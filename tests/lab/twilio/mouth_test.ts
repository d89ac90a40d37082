import assert from "node:assert/strict";
import { Mouth } from "../../../src/lab/twilio/mouth.ts";
import { SILENT_FRAME, Speech } from "../../../src/lab/twilio/speech.ts";

/** Frames of one byte value each. */
const frames = (...values: number[]) =>
  Speech.fromMuLaw(Uint8Array.from(values.flatMap((value) => new Array(160).fill(value))));
const take = (mouth: Mouth, count: number) =>
  Array.from({ length: count }, () => atob(mouth.takeFrame()).charCodeAt(0));

Deno.test("Mouth is silent with nothing to say", () => {
  assert.equal(new Mouth().takeFrame(), SILENT_FRAME);
});

Deno.test("Mouth says what it was told in order and tells when each is said", () => {
  const mouth = new Mouth();
  const said: string[] = [];
  mouth.say(frames(1, 2), () => said.push("a"));
  mouth.say(frames(3), () => said.push("b"));
  assert.deepEqual(take(mouth, 1), [1]);
  assert.deepEqual(said, []);
  assert.deepEqual(take(mouth, 3), [2, 3, 255]);
  assert.deepEqual(said, ["a", "b"]);
});

Deno.test("Mouth loops its background and comes back to it", () => {
  const mouth = new Mouth();
  mouth.loop(frames(1, 2, 3));
  assert.deepEqual(take(mouth, 4), [1, 2, 3, 1]);
  mouth.say(frames(9));
  assert.deepEqual(take(mouth, 3), [9, 2, 3]);
  mouth.hush();
  assert.deepEqual(take(mouth, 1), [255]);
  assert.equal(mouth.isSpeaking, false);
});
