import assert from "node:assert/strict";
import { LINES } from "../../src/call/conversation/instructions.ts";
import type { LogAttributes } from "../../src/observability/log.ts";
import { DefaultCall } from "../support/default_call.ts";

/** A caller who speaks for so long has said something. */
const WORDS_MS = 2_000;
/** From words that nobody notices to what is said about them, heard out. */
const ASKED_WITHIN_MS = 12_000;
/** Silence that the model is given in place of audio that does not arrive. */
const FILLED_MS = 10_000;

function logged(call: DefaultCall, event: string): LogAttributes[] {
  return call.log.events.filter((each) => each.event === event).map(({ attributes }) => attributes);
}

/** How often the model was told to ask what the caller has said. */
function askedWhat(call: DefaultCall): number {
  return call.openAi.asked.filter(({ instructions }) => instructions.includes(LINES.unnoticed)).length;
}

Deno.test("A caller whom voice detection does not notice is asked what was said, the second time by another session", async () => {
  const call = await DefaultCall.start();
  await call.hears(1);
  for (const [times, sessions] of [[1, 1], [2, 2]]) {
    call.twilio.loudUntilMs = call.clock.now() + WORDS_MS;
    await call.run(ASKED_WITHIN_MS);
    assert.equal(logged(call, "caller_unnoticed").length, times);
    assert.equal(call.openAi.sessions.length, sessions);
    assert.equal(call.voices.length, 1 + times, "the caller hears something each time");
  }
  assert.equal(askedWhat(call), 1);
  assert.deepEqual(logged(call, "agent_down").map(({ code }) => code), ["model_silent"]);
  await call.record();
  assert.equal(call.ended[0].reason, "caller_hung_up");
});

Deno.test("A turn whose end voice detection does not notice is over all the same: another session asks what was said", async () => {
  const call = await DefaultCall.start();
  await call.hears(1);
  call.twilio.loudUntilMs = call.clock.now() + WORDS_MS;
  call.openAi.session!.speechStarted();
  await call.run(ASKED_WITHIN_MS);
  assert.deepEqual(logged(call, "agent_down").map(({ code }) => code), ["model_silent"]);
  assert.equal(call.openAi.sessions.length, 2);
  assert.equal(call.voices.length, 2);
  await call.record();
  assert.equal(call.ended[0].reason, "caller_hung_up");
});

Deno.test("A caller of whom no audio arrives is silent to the model for ten seconds; the call goes on, and hears them again", async () => {
  const call = await DefaultCall.start();
  await call.hears(1);
  const appended = () => call.sent("input_audio_buffer.append").length;
  const before = appended();
  call.twilio.isMute = true;
  await call.run(FILLED_MS + 1_500);
  const filled = appended() - before;
  assert.ok(filled > 0);
  assert.equal(logged(call, "caller_unheard").length, 1);
  await call.run(500);
  assert.equal(appended() - before, filled, "then nothing");
  assert.deepEqual([call.voices.length, call.isOver], [1, false]);
  call.twilio.isMute = false;
  await call.says();
  await call.hears(2);
  assert.equal(call.voices.length, 2);
  assert.ok(appended() - before > filled);
  assert.deepEqual([call.openAi.sessions.length, logged(call, "caller_unheard").length], [1, 1]);
  await call.record();
});

Deno.test("To a caller of whom no audio arrives the rules of silence apply: a question, then the goodbye", async () => {
  const call = await DefaultCall.start();
  await call.hears(1);
  call.twilio.isMute = true;
  await call.run(60_000, () => call.isOver);
  assert.equal(call.askedWhether, 1);
  assert.equal(call.voices.length, 3, "greeting, question, goodbye");
  assert.equal(call.ended[0].reason, "agent_hung_up");
});
