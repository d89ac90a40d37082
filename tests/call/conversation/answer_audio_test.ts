import assert from "node:assert/strict";
import { encodeBase64 } from "../../../src/audio/base64.ts";
import { PcmuEngine } from "../../../src/audio/pcmu_engine.ts";
import { AnswerAudio } from "../../../src/call/conversation/answer_audio.ts";
import { FADE_OUT_MS } from "../../../src/call/hold/hold_clip.ts";
import { HOLD_SOUND_MS, holdSound } from "../../../src/call/hold/hold_sound.ts";
import { Journal } from "../../../src/call/journal/journal.ts";
import { Metrics } from "../../../src/observability/metrics/metrics.ts";
import { PlaybackRig, type PlaybackRigOptions } from "../../support/playback_rig.ts";
import { RecordingLog } from "../../support/recording_log.ts";

/** Answers on a simulated line. @param options of the line */
function answering(options: PlaybackRigOptions = {}) {
  const { playback, clock, line } = new PlaybackRig(options);
  const transcoder = new PcmuEngine().open();
  const journal = new Journal(clock, new Metrics());
  const answer = new AnswerAudio({
    transcoder,
    playback,
    journal,
    log: new RecordingLog(),
    onTooLong: () => {},
    onWaitOver: () => {},
  });
  const say = (itemId: string, ms: number) => {
    const text = encodeBase64(new Uint8Array(ms * 8).fill(0x90));
    answer.delta(text, 0, text.length, itemId, `resp_of_${itemId}`);
  };
  return { answer, clock, say, journal, line };
}

Deno.test("AnswerAudio counts what is heard of an item on both sides of the hold sound", () => {
  const { answer, clock, say } = answering();
  say("item_1", 1_000);
  clock.advance(4_000);
  answer.hold(holdSound());
  clock.advance(2_000);
  say("item_1", 1_000);
  clock.advance(400);
  const [{ itemId, heardMs, receivedMs }, ...others] = answer.silence();
  assert.deepEqual([itemId, heardMs, receivedMs, others], ["item_1", 1_400, 2_000, []]);
});

Deno.test("AnswerAudio counts an item that two hold sounds came into, its end included", () => {
  const { answer, clock, say } = answering();
  for (let part = 0; part < 3; part++) {
    if (part > 0) answer.hold(holdSound());
    clock.advance(2_000);
    say("item_1", 500);
    if (part < 2) clock.advance(4_000);
  }
  answer.itemDone("item_1");
  say("item_2", 500);
  clock.advance(100);
  const heard = answer.silence().map(({ itemId, heardMs }) => [itemId, heardMs]);
  assert.deepEqual(heard, [["item_1", 1_100], ["item_2", 0]]);
});

Deno.test("AnswerAudio tells the model nothing of the hold sound, and the transcript of no interruption of it", () => {
  const { answer, clock, journal } = answering();
  answer.hold(holdSound());
  clock.advance(HOLD_SOUND_MS / 2);
  assert.deepEqual(answer.silence(), []);
  assert.deepEqual(journal.transcript.entries(), []);
});

Deno.test("AnswerAudio plays an answer behind a hold sound that is not over, and counts only the answer", () => {
  const { answer, clock, say } = answering();
  answer.hold(holdSound());
  clock.advance(HOLD_SOUND_MS - 200);
  say("item_1", 1_000);
  clock.advance(500);
  assert.deepEqual(answer.silence().map(({ heardMs }) => heardMs), [300]);
});

for (const delayMs of [0, 75, 150]) {
  Deno.test(`AnswerAudio fades a sentence out where it is cut off, to the millisecond, at ${delayMs} ms of delay`, () => {
    const { answer, clock, say, journal, line } = answering({ delayMs });
    say("item_1", 1_000);
    answer.itemDone("item_1");
    clock.advance(4_000);
    const muLaw = Uint8Array.from({ length: 16_000 }, (_, i) => 1 + (i * 31 + (i >> 8)) % 120);
    answer.hold({ text: "I am still here, just a moment.", muLaw });
    clock.advance(1_000);
    say("item_2", 500);
    answer.itemDone("item_2");
    clock.advance(4_000);
    const heard = line.heard.subarray(8_000);
    const cutAt = heard.findIndex((byte, i) => byte !== muLaw[i]);
    assert.ok(Math.abs(cutAt - 8_000) <= 16, `${cutAt / 8} ms`);
    assert.equal(heard.length, (1_000 + FADE_OUT_MS + 500) * 8, "its beginning, what fades, the answer");
    assert.deepEqual(line.gaps.slice(1), [], "with nothing in between");
    const notes = journal.transcript.entries().flatMap((entry) => entry.kind === "note" ? [entry.text] : []);
    assert.deepEqual(notes, ["The caller waited, and heard: I am still…"]);
  });
}

Deno.test("AnswerAudio lets a sentence that is all but over end before the answer", () => {
  const { answer, clock, say, line } = answering();
  const muLaw = new Uint8Array(8_000).fill(0x10);
  answer.hold({ text: "One moment, please.", muLaw });
  clock.advance(800);
  say("item_1", 500);
  clock.advance(2_000);
  assert.deepEqual(line.heard.subarray(0, 8_000), muLaw);
  assert.equal(line.heard.length, 12_000);
});

Deno.test("AnswerAudio has what was heard of a sentence that the caller silences in the record, and no interruption", () => {
  const { answer, clock, journal } = answering();
  answer.hold({ text: "One moment, please.", muLaw: new Uint8Array(8_000).fill(0x10) });
  clock.advance(500);
  assert.deepEqual(answer.silence(), []);
  assert.deepEqual(
    journal.transcript.entries().map((entry) => [entry.kind, "text" in entry && entry.text]),
    [["note", "The caller waited, and heard: One…"]],
  );
});
