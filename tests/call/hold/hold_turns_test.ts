import assert from "node:assert/strict";
import { clipOf, type HoldClip } from "../../../src/call/hold/hold_clip.ts";
import { HoldTurns } from "../../../src/call/hold/hold_turns.ts";

const clip = (text: string): HoldClip => ({ text, muLaw: new Uint8Array(8_000) });
const heard = (turns: HoldTurns, count: number) =>
  Array.from({ length: count }, () => turns.next(true).text || "sound");

Deno.test("HoldTurns has a sentence, then the sound, then another sentence", () => {
  const clips = [clip("one"), clip("two")];
  const turns = new HoldTurns(() => clips);
  assert.equal(turns.hasFirstWords, true);
  assert.deepEqual(heard(turns, 5), ["one", "sound", "two", "sound", "one"]);
});

Deno.test("HoldTurns begins each wait with a sentence, and with another one than the last wait", () => {
  const clips = [clip("one"), clip("two")];
  const turns = new HoldTurns(() => clips);
  assert.deepEqual(heard(turns, 1), ["one"]);
  assert.equal(turns.hasFirstWords, false);
  turns.over();
  assert.equal(turns.hasFirstWords, true);
  assert.deepEqual(heard(turns, 2), ["two", "sound"]);
});

Deno.test("HoldTurns does not say its only sentence twice in a wait", () => {
  const only = [clip("one")];
  assert.deepEqual(heard(new HoldTurns(() => only), 4), ["one", "sound", "sound", "sound"]);
});

Deno.test("HoldTurns has the sound alone while there are no sentences, or none may be said", () => {
  const clips: HoldClip[] = [];
  const turns = new HoldTurns(() => clips);
  assert.deepEqual(heard(turns, 2), ["sound", "sound"]);
  assert.equal(turns.hasFirstWords, false);
  clips.push(clip("one"));
  assert.equal(turns.next(false).text, "");
  assert.equal(turns.next(true).text, "one");
});

Deno.test("clipOf() takes the silence around a sentence away, and refuses what is no sentence", () => {
  const speech = (silentMs: number, loudMs: number) => {
    const muLaw = new Uint8Array((2 * silentMs + loudMs) * 8).fill(0xff);
    return muLaw.fill(0x90, silentMs * 8, (silentMs + loudMs) * 8);
  };
  assert.equal(clipOf("a", speech(500, 1_000))?.muLaw.length, 1_080 * 8, "40 ms stay on either side");
  assert.equal(clipOf("a", speech(0, 1_000))?.muLaw.length, 1_000 * 8);
  assert.equal(clipOf("a", speech(1_000, 0)), undefined);
  assert.equal(clipOf("a", speech(100, 100)), undefined);
  assert.equal(clipOf("a", speech(0, 4_100)), undefined);
});
