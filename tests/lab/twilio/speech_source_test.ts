import assert from "node:assert/strict";
import { SpeechSource } from "../../../src/lab/twilio/speech_source.ts";
import { CallerSpeech, SILENT_FRAME } from "../../../src/lab/twilio/caller_speech.ts";

/** Frames of one byte value each. */
const frames = (...values: number[]) =>
  CallerSpeech.fromMuLaw(Uint8Array.from(values.flatMap((value) => new Array(160).fill(value))));
const take = (speech: SpeechSource, count: number) =>
  Array.from({ length: count }, () => atob(speech.takeFrame()).charCodeAt(0));

Deno.test("SpeechSource is silent with nothing to say", () => {
  assert.equal(new SpeechSource().takeFrame(), SILENT_FRAME);
});

Deno.test("SpeechSource says what it was told in order and tells when each is said", () => {
  const speech = new SpeechSource();
  const said: string[] = [];
  speech.say(frames(1, 2), () => said.push("a"));
  speech.say(frames(3), () => said.push("b"));
  assert.deepEqual(take(speech, 1), [1]);
  assert.deepEqual(said, []);
  assert.deepEqual(take(speech, 3), [2, 3, 255]);
  assert.deepEqual(said, ["a", "b"]);
});

Deno.test("SpeechSource loops its background and comes back to it", () => {
  const speech = new SpeechSource();
  speech.loop(frames(1, 2, 3));
  assert.deepEqual(take(speech, 4), [1, 2, 3, 1]);
  speech.say(frames(9));
  assert.deepEqual(take(speech, 3), [9, 2, 3]);
  speech.hush();
  assert.deepEqual(take(speech, 1), [255]);
  assert.equal(speech.isSpeaking, false);
});
