import assert from "node:assert/strict";
import { transcribed, WrittenCall } from "../support/written_call.ts";

/*
 * Turns whose end voice detection tells of, and which OpenAI does not commit: what was said lies in the input
 * buffer, where no answer sees it. Events are written by hand; a byte names an answer, and the greeting is 1.
 */

/** The caller speaks, is heard to stop, and nothing follows. */
async function spokenInto(call: WrittenCall, id: string, ms = 1_500): Promise<void> {
  const startMs = call.clock.now();
  call.twilio.loudUntilMs = startMs + ms;
  call.now.tell({ type: "input_audio_buffer.speech_started", audio_start_ms: startMs, item_id: id });
  await call.run(ms + 500);
  call.now.tell({ type: "input_audio_buffer.speech_stopped", audio_end_ms: startMs + ms + 800, item_id: id });
}

function committed(
  id: string,
): [Record<string, unknown> & { type: string }, Record<string, unknown> & { type: string }] {
  const item = {
    id,
    type: "message",
    role: "user",
    status: "completed",
    content: [{ type: "input_audio", transcript: null }],
  };
  return [
    { type: "input_audio_buffer.committed", previous_item_id: null, item_id: id },
    { type: "conversation.item.added", previous_item_id: null, item },
  ];
}

function commitsOf(call: WrittenCall): number {
  return call.written[0].of("input_audio_buffer.commit").length;
}

Deno.test("A turn that OpenAI does not commit is committed before it is answered, and is in the record", async () => {
  const call = await WrittenCall.begin();
  await call.hears(1);
  await spokenInto(call, "item_u1");
  await call.run(6_000, () => commitsOf(call) > 0);
  assert.equal(commitsOf(call), 1);
  const order = call.written[0].got.map(({ event }) => event.type).slice(-2);
  assert.deepEqual(order, ["input_audio_buffer.commit", "response.create"]);
  call.now.tell(...committed("item_u1"), transcribed("item_u1", "When are you open?"));
  await call.hears(2);
  const record = await call.record();
  const said = record.flatMap((entry) => entry.kind === "user" ? [entry.text] : []);
  assert.deepEqual(said, ["When are you open?"]);
  assert.equal(call.written.length, 1, "the session is kept");
});

Deno.test("A turn that is not committed when the caller hangs up is in the record all the same", async () => {
  const call = await WrittenCall.begin();
  await call.hears(1);
  await spokenInto(call, "item_u1");
  await call.run(1_000);
  call.twilio.end("stop_and_close");
  await call.run(300);
  assert.equal(commitsOf(call), 1);
  call.written[0].tell(...committed("item_u1"), transcribed("item_u1", "Call me back, please."));
  await call.run(4_000);
  const said = call.ended[0].transcript.flatMap((entry) => entry.kind === "user" ? [entry.text] : []);
  assert.deepEqual(said, ["Call me back, please."]);
});

Deno.test("A turn that is committed, and one whose item is told in place of it, are not committed again", async () => {
  for (const events of [committed("item_u1"), committed("item_u1").slice(1)]) {
    const call = await WrittenCall.begin();
    await call.hears(1);
    await spokenInto(call, "item_u1");
    call.now.tell(...events);
    await call.run(6_000);
    assert.ok(call.written[0].requests.length >= 2, "asked again");
    assert.equal(commitsOf(call), 0);
    await call.record();
    assert.equal(commitsOf(call), 0);
  }
});

Deno.test("A commit that OpenAI refuses, since there is nothing to commit, changes nothing", async () => {
  const call = await WrittenCall.begin();
  await call.hears(1);
  await spokenInto(call, "item_u1");
  await call.run(6_000, () => commitsOf(call) > 0);
  const message = "Error committing input audio buffer: buffer too small.";
  call.now.tell({
    type: "error",
    error: { type: "invalid_request_error", code: "input_audio_buffer_commit_empty", message },
  });
  await call.hears(2);
  await call.run(3_000);
  assert.equal(call.written.length, 1);
  assert.equal(call.heard.length, 2);
  await call.record();
});
