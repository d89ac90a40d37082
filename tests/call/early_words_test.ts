import assert from "node:assert/strict";
import {
  created,
  done,
  functionCall,
  itemDone,
  spoken,
  transcribed,
  WrittenCall,
} from "../support/written_call.ts";

/*
 * Callers who answer a sentence before the model has finished making it, and what it is to call. The model's events are
 * written by hand: a byte names an answer.
 */

const LEAVE = 20;
const ANSWER = 40;

Deno.test("A caller who speaks before a way out is even called is let go, or stays, by their words", async () => {
  const cases = [
    ["transfer_call", "Yes, please, thank you.", true],
    ["transfer_call", "No, wait, not to sales.", false],
    ["end_call", "Thanks, bye.", true],
    ["end_call", "One more question, please.", false],
  ] as const;
  for (const [tool, words, isLeft] of cases) {
    const call = await WrittenCall.spokenTo("That is all, thank you.");
    const { now } = call;
    now.tell(
      created("resp_a"),
      ...spoken("resp_a", "item_a", LEAVE, 3_000, "I am putting you through. Goodbye."),
    );
    await call.run(400);
    call.twilio.loudUntilMs = call.clock.now() + 900;
    now.tell({ type: "input_audio_buffer.speech_started", audio_start_ms: 9_000, item_id: "item_u2" });
    await call.run(100);
    now.tell(itemDone("resp_a", functionCall(tool, { target: "sales" }), 1), done("resp_a"));
    await call.run(1_300);
    now.tell(
      { type: "input_audio_buffer.speech_stopped", audio_end_ms: 10_400, item_id: "item_u2" },
      { type: "input_audio_buffer.committed", previous_item_id: null, item_id: "item_u2" },
      transcribed("item_u2", words),
    );
    await call.run(50);
    now.answer({ byte: ANSWER, words: "All right." });
    await call.run(6_000, () => call.isOver);
    assert.equal(call.isOver, isLeft, `${tool}: ${words}`);
    assert.deepEqual(call.answers, isLeft ? [LEAVE, LEAVE] : [LEAVE, ANSWER], words);
    if (!call.isOver) await call.record();
  }
});
