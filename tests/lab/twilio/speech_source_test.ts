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

Deno.test("SpeechSource keeps what was said in its place, and silence between, once it is told to", () => {
  const source = new SpeechSource();
  source.say(CallerSpeech.tone(440, 20));
  source.takeFrame(0);
  source.keepTape();
  source.say(CallerSpeech.fromMuLaw(new Uint8Array(320).fill(7)));
  for (const dueMs of [100, 120, 140]) source.takeFrame(dueMs);
  const tape = source.recording(90, 200);
  assert.equal(tape.length, 880);
  assert.deepEqual([tape.indexOf(7), tape.lastIndexOf(7), tape.filter((byte) => byte === 7).length], [
    80,
    399,
    320,
  ]);
  assert.ok(tape.every((byte) => byte === 7 || byte === 0xff));
});
