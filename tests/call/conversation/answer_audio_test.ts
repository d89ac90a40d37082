import assert from "node:assert/strict";
import { encodeBase64 } from "../../../src/audio/base64.ts";
import { PcmuEngine } from "../../../src/audio/pcmu_engine.ts";
import { AnswerAudio } from "../../../src/call/conversation/answer_audio.ts";
import { HOLD_SOUND_MS, holdSound } from "../../../src/call/hold/hold_sound.ts";
import { Journal } from "../../../src/call/journal/journal.ts";
import { Metrics } from "../../../src/observability/metrics/metrics.ts";
import { PlaybackRig } from "../../support/playback_rig.ts";
import { RecordingLog } from "../../support/recording_log.ts";

/** Answers on a simulated line. */
function answering() {
  const { playback, clock } = new PlaybackRig();
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
  return { answer, clock, say, journal };
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
