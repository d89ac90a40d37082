import assert from "node:assert/strict";
import { MCP_TIMEOUT_MS } from "../../src/call/conversation/mcp_calls.ts";
import type { ModelEvent, ModelSession } from "../support/model_openai.ts";
import { DefaultCall } from "../support/default_call.ts";
import { WORDS } from "../support/hold_clips.ts";
import { FIRST_HOLD_BYTE } from "../support/model_twilio.ts";
import { PoliteCall } from "../support/polite_caller.ts";

/** The longest time that a caller may hear nothing. */
const MAX_SILENCE_MS = 8_000;
/** From the moment that the model owes something to the fallback. The greeting that stalls is heard first. */
const FALLBACK_WITHIN_MS = 10_200;
/** A model that has begun an answer, and is not in the middle of a sentence, may be thinking. */
const THINKS_MS = 8_500;
/** What it takes us longer to find out: that the caller has spoken, has stopped, or that an MCP server does not answer. */
const FOUND_OUT_IN_MS: Record<string, number> = {
  "response.done": 4_500,
  "session.updated": 5_500,
  "input_audio_buffer.speech_started": 5_500,
  "response.output_item.added": MCP_TIMEOUT_MS + THINKS_MS,
  "response.created": THINKS_MS,
  "conversation.item.added": THINKS_MS,
  "conversation.item.done": THINKS_MS,
  "response.output_audio.done": THINKS_MS,
  "response.output_audio_transcript.done": THINKS_MS,
  "response.output_item.done": THINKS_MS,
  "response.mcp_call.completed": THINKS_MS,
  "rate_limits.updated": THINKS_MS,
};

/** What an idle session that lives goes on to send: answers to heartbeats. */
function isSignOfLife(event: ModelEvent): boolean {
  return event.type === "session.updated";
}

/** After which events to stall: after each, but of deltas that follow one another only after some. */
function positions(sent: readonly string[]): number[] {
  return sent.map((_, i) => i).filter((i) => !sent[i].endsWith(".delta") || i % 9 === 0);
}

Deno.test("A talk in which nothing stalls has its four answers", async () => {
  const talk = await PoliteCall.run();
  assert.equal(talk.turns.length, 4);
  assert.equal(talk.call.ended[0].reason, "caller_hung_up");
  assert.ok(talk.longestSilence.ms < 2_500, `${talk.longestSilence.ms} ms`);
  assert.ok(talk.call.twilio.sounds.every(({ isVoice }) => isVoice), "no hold sound");
});

Deno.test("A session that stalls after any event of a talk is replaced, and the caller is never left in silence", async () => {
  const { sent } = await PoliteCall.run();
  const faults: string[] = [];
  for (const last of positions(sent)) {
    let stalled: ModelSession | undefined;
    const talk = await PoliteCall.run((event, index, session) => {
      if (index === last) stalled = session;
      return session === stalled && index > last && !isSignOfLife(event) ? undefined : event;
    });
    const { ms, fromMs } = talk.longestSilence;
    const reason = talk.call.ended[0]?.reason;
    if (ms > MAX_SILENCE_MS || reason !== "caller_hung_up" || talk.turns.length < 4) {
      faults.push(
        `${last} ${sent[last]}: ${ms} ms of silence at ${fromMs}, ${talk.turns.length} turns, ${reason}`,
      );
    }
    assert.deepEqual(talk.call.errors, []);
  }
  assert.deepEqual(faults, []);
});

Deno.test("A model that stalls for good after any event of a talk ends in the fallback, within ten seconds unless it may be thinking", async () => {
  const { sent } = await PoliteCall.run();
  const faults: string[] = [];
  for (const last of positions(sent)) {
    const run = await PoliteCall.run((event, index) =>
      index > last && !isSignOfLife(event) ? undefined : event
    );
    const { ms, fromMs } = run.longestSilence;
    const { endedAtMs, ended: [{ reason }], twilio, log } = run.call;
    const voice = twilio.sounds.findLast(({ isVoice }) => isVoice);
    const owedMs = Math.max(0, run.turns.at(-1)?.toMs ?? 0, voice?.toMs ?? 0);
    // A caller who has heard the last answer hangs up.
    if (reason === "caller_hung_up" && run.turns.length === 4) continue;
    const withinMs = FALLBACK_WITHIN_MS + (FOUND_OUT_IN_MS[sent[last]] ?? 0);
    if (ms > MAX_SILENCE_MS || reason !== "agent_lost" || endedAtMs - owedMs > withinMs) {
      faults.push(
        `${last} ${sent[last]}: ${ms} ms of silence at ${fromMs}, ${reason} after ${endedAtMs - owedMs} ms`,
      );
    }
    const told = log.names.filter((name) => name === "no_answer" || name === "agent_lost");
    if (!/no_answer.*,agent_lost$/.test(told.join())) {
      faults.push(`${last} ${sent[last]}: the log says ${told}`);
    }
  }
  assert.deepEqual(faults, []);
});

Deno.test("A call whose goodbye stalls is never hung up without words", async () => {
  const silent = { turns: 0 };
  const { sent, call } = await PoliteCall.run(undefined, silent);
  assert.equal(call.ended[0].reason, "agent_hung_up");
  assert.equal(call.twilio.sounds.length, 3, "greeting, question, goodbye");
  const faults: string[] = [];
  for (const last of positions(sent)) {
    const { call: { ended: [{ reason }], twilio, log } } = await PoliteCall.run(
      (event, index) => index > last && !isSignOfLife(event) ? undefined : event,
      silent,
    );
    const words = twilio.sounds.filter(({ isVoice }) => isVoice).length;
    if (reason !== "agent_lost" && words < 3) {
      faults.push(`${last} ${sent[last]}: ${reason} after ${words} words`);
    }
    const isToldOf = log.names.includes("no_answer") && log.names.includes("agent_lost");
    if (reason === "agent_lost" && !isToldOf) faults.push(`${last} ${sent[last]}: the log says ${log.names}`);
  }
  assert.deepEqual(faults, []);
});

/** By when a response whose end does not come counts as over. */
const OVER_WITHIN_MS = 14_000;

Deno.test("An answer that was heard and whose end gets lost: the caller hears that the line lives, and is answered at any time", async () => {
  for (const waitMs of [500, 8_000, OVER_WITHIN_MS]) {
    const call = new DefaultCall({ holdWords: WORDS });
    const ends = ["response.done", "response.output_item.done", "conversation.item.done"];
    call.openAi.tamper = (event) =>
      ends.includes(event.type) && call.openAi.toldResponse === 1 ? undefined : event;
    call.twilio.connect();
    await call.hears(1);
    await call.run(waitMs);
    const [{ toMs }, ...waited] = call.twilio.sounds;
    assert.deepEqual(waited.map(({ byte }) => byte), waitMs > 500 ? [FIRST_HOLD_BYTE, -1] : []);
    assert.ok(waited.every(({ fromMs }, i) => fromMs - (waited[i - 1]?.toMs ?? toMs) <= 5_000));
    assert.equal(
      call.log.names.filter((name) => name === "no_answer").length,
      waitMs < OVER_WITHIN_MS ? 0 : 1,
    );
    await call.says();
    await call.hears(2);
    assert.deepEqual(
      [call.voices.length, call.openAi.sessions.length],
      [2, 1],
      "answered by the same session",
    );
    await call.record();
  }
});
