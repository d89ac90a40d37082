import assert from "node:assert/strict";
import { created, done, message, spoken, transcribed, WrittenCall } from "../support/written_call.ts";

/*
 * What a server tells twice is paid for once. Events are written by hand; the greeting is the first answer.
 */

const USED = {
  total_tokens: 30,
  input_tokens: 10,
  output_tokens: 20,
  input_token_details: { text_tokens: 10, audio_tokens: 0, cached_tokens: 0 },
  output_token_details: { text_tokens: 5, audio_tokens: 15 },
};

async function greeted(): Promise<WrittenCall> {
  const call = await WrittenCall.begin();
  await call.hears(1);
  return call;
}

Deno.test("A transcription that is told twice is paid for once, and its last words count", async () => {
  const call = await greeted();
  await call.utters("item_u1", "I want to book.");
  call.now.answer({ byte: 20 });
  call.now.tell(transcribed("item_u1", "I want to book."), transcribed("item_u1", "I want to book a table."));
  await call.utters("item_u2", "For two.");
  const record = await call.record();
  assert.equal(call.ended[0].usage.transcription.seconds, 2, "of two turns");
  const words = record.flatMap((entry) => entry.kind === "user" ? [entry.text] : []);
  assert.deepEqual(words, ["I want to book a table.", "For two."]);
});

Deno.test("A transcription that is told before the hang-up and again after it is paid for once", async () => {
  const call = await greeted();
  await call.utters("item_u1", "I want to book.");
  await call.utters("item_u2");
  call.twilio.end("stop_and_close");
  await call.run(500);
  call.written[0].tell(transcribed("item_u1", "I want to book."), transcribed("item_u2", "Bye."));
  await call.run(4_000);
  assert.equal(call.ended[0].usage.transcription.seconds, 2);
});

Deno.test("A response that ends before the hang-up and again after it is paid for once", async () => {
  const call = await greeted();
  await call.utters("item_u1", "When are you open?");
  const ended = done("resp_a", { output: [message("item_a", "At nine.")] });
  const paid = { ...ended, response: { ...ended.response as object, usage: USED } };
  call.now.tell(created("resp_a"), ...spoken("resp_a", "item_a", 20, 1_000, "At nine."), paid);
  await call.hears(2);
  await call.utters("item_u2");
  call.twilio.end("stop_and_close");
  await call.run(500);
  call.written[0].tell(paid, transcribed("item_u2", "Bye."));
  await call.run(4_000);
  assert.equal(call.ended[0].usage.responses, 1);
  assert.equal(call.ended[0].usage.tokens.audioOut, 15);
});

Deno.test("The next session may use the same names: what it uses is paid for, too", async () => {
  const call = await greeted();
  await call.utters("item_u1", "I want to book.");
  call.now.answer({ byte: 20 });
  await call.hears(2);
  call.now.closeByPeer(1011);
  await call.run(3_000);
  assert.equal(call.written.length, 2);
  await call.utters("item_u1", "Hello?");
  await call.record();
  assert.equal(call.ended[0].usage.transcription.seconds, 2);
});
