import assert from "node:assert/strict";
import { LINES } from "../../src/call/conversation/instructions.ts";
import type { EmulatedRealtimeApiOptions } from "../../src/lab/openai/emulated_realtime_api.ts";
import { sideBySide } from "../support/side_by_side.ts";
import {
  AGAIN,
  ANSWER,
  asked,
  assertOneAtATime,
  call,
  GREETING,
  say,
  sessions,
  Talk,
  told,
  tools,
} from "../support/talk.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";

const test = sideBySide("OpenAI is lost in the middle of a call");

/** From a loss to a session that is in charge. */
const BACK_WITHIN_MS = 2_000;

/** Greets and answers at length; any session but the first says something else. */
const TALKATIVE = sessions(
  [say(GREETING, 400, "Hello, how can I help?"), say(ANSWER, 6_000, "It is a long story.")],
  [say(AGAIN)],
);

function started(emulator: EmulatedRealtimeApiOptions): Promise<Talk> {
  return Talk.start({ emulator: { agent: TALKATIVE, ...emulator } });
}

/** The successor of a session that ended: soon in charge, so that the talk goes on there, and with the same configuration. */
async function successor(talk: Talk, number = 2) {
  const second = await talk.session(number);
  const first = await talk.session(1);
  const inCharge = () => second.record.events.find(({ event }) => event.type !== "session.update");
  await talk.until("the successor is told of the talk, or is to speak", () => inCharge() !== undefined);
  const lostMs = first.record.endedMs ?? 0;
  const backMs = inCharge()!.atMs;
  const tookMs = backMs - lostMs - talk.stoodStillMs(lostMs, backMs);
  assert.ok(tookMs < BACK_WITHIN_MS, `${tookMs} ms`);
  assert.match(first.safetyIdentifier ?? "", /^[0-9a-f]{32}$/);
  assert.equal(second.safetyIdentifier, first.safetyIdentifier, "the same caller");
  await second.received("session.update");
  const [before, after] = [first, second].map(({ record }) => record.eventsOf("session.update")[0].session);
  assert.deepEqual(after, before);
  const { tools = [], instructions } = after as { tools?: unknown[]; instructions?: string };
  assert.ok(instructions && tools.length > 0);
  return second;
}

/** The first session is lost once the server knows that its answer is complete: only then is its use written down. */
async function lostAfterItsAnswer(talk: Talk): Promise<void> {
  await talk.until("the answer is complete", () => (talk.rig.app.calls.snapshots()[0].costUsd ?? 0) > 0);
  (await talk.session(1)).fail({ failure: "drop" });
}

test("OpenAI lost in the middle of an answer: the caller hears one line from a session that knows the talk", async () => {
  await using talk = await started({
    script: [{ failure: "drop", at: { on: "audio", afterMs: 1_500, responses: 2 }, sessions: 1 }],
  });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  await talk.hears(AGAIN);
  await talk.hearsOut();
  const second = await successor(talk);
  const texts = told(second);
  assert.deepEqual(texts[0], { role: "assistant", text: "Hello, how can I help?" });
  assert.equal(texts[1].role, "user");
  assert.match(texts[1].text, /of speech/);
  assert.equal(asked(second).length, 1);
  assert.ok(asked(second)[0]?.includes(LINES.handover));
  // What had come of the answer is heard to its end, and nothing after the one line.
  assert.ok(talk.heardMs >= 400 + 1_500 + 400 - 50 && talk.heardMs < 3_000, `${talk.heardMs} ms`);
  const changes = talk.rig.log.names.filter((name) => name.startsWith("agent_"));
  assert.deepEqual(changes, ["agent_ready", "agent_down", "agent_back"]);
  assert.deepEqual((await talk.hangUp()).said, []);
});

test("OpenAI lost in the middle of the greeting: the caller hears the talk go on", async () => {
  await using talk = await Talk.start({
    emulator: {
      agent: sessions([say(GREETING, 3_000)], [say(AGAIN)]),
      script: [{ failure: "drop", at: { on: "audio", afterMs: 600 }, sessions: 1 }],
    },
  });
  await talk.hears(AGAIN);
  assert.ok(talk.hasHeard(GREETING));
  await talk.hearsOut();
  const second = await successor(talk);
  assert.deepEqual(asked(second).map((line) => line?.includes(LINES.handover)), [true]);
  await talk.hangUp();
});

test("OpenAI lost before any of the greeting was heard: the caller is greeted as if nothing had been", async () => {
  await using talk = await started({
    script: [{ failure: "drop", at: { on: "response_created" }, sessions: 1 }],
  });
  await talk.hears(AGAIN);
  await talk.hearsOut();
  const second = await successor(talk);
  const first = await talk.session(1);
  assert.deepEqual(asked(second), asked(first));
  assert.equal(told(second).some(({ role }) => role === "assistant"), false);
  await talk.hangUp();
});

test("OpenAI lost during a tool: the tool goes on, and the new session says what came of it, once", async () => {
  await using endpoint = new ToolEndpoint(() => ({ status: "shipped" }), 600);
  await using talk = await Talk.start({
    business: tools({ http: [endpoint.tool("lookup_order")] }),
    emulator: {
      agent: sessions([say(GREETING), call("lookup_order", { id: "42" })], [say(AGAIN)]),
      script: [{ failure: "drop", at: { on: "function_call" }, sessions: 1 }],
    },
  });
  await talk.speakAfterGreeting();
  await talk.hears(AGAIN);
  await talk.hearsOut();
  const second = await successor(talk);
  assert.equal(endpoint.requests.length, 1);
  const { text } = told(second).at(-1)!;
  assert.match(text, /lookup_order/);
  assert.match(text, /shipped/);
  assert.equal(second.record.responses.length, 1, "one answer, neither an apology nor a second one");
  assert.deepEqual(second.record.errors, []);
  await talk.hangUp();
  assert.deepEqual(talk.transcript.filter(({ kind }) => kind === "tool").length, 1);
});

test("OpenAI lost while nobody speaks: the caller does not notice, and is answered", async () => {
  await using talk = await started({});
  await talk.hears(GREETING);
  await talk.hearsOut();
  const heardMs = talk.heardMs;
  (await talk.session(1)).fail({ failure: "drop" });
  const second = await successor(talk);
  await talk.until("the history is told", () => told(second).length > 0);
  await talk.hearsOut();
  assert.equal(talk.heardMs, heardMs, "nothing is said about it");
  assert.deepEqual(asked(second), []);
  await talk.speak();
  await talk.hears(AGAIN);
  await talk.hangUp();
});

test("OpenAI lost while a whole answer still plays: it is heard to its end, and no word is said about it", async () => {
  await using talk = await Talk.start({
    emulator: {
      agent: sessions([say(GREETING, 1_500)], [say(AGAIN)]),
      speed: 50,
    },
  });
  await talk.hears(GREETING);
  await lostAfterItsAnswer(talk);
  const second = await successor(talk);
  await talk.hearsOut();
  assert.ok(Math.abs(talk.heardMs - 1_500) < 50, `${talk.heardMs} ms`);
  assert.deepEqual(asked(second), []);
  await talk.hangUp();
});

test("an answer of a lost session that is cut off later: the next session learns how much of it was heard", async () => {
  const words = Array.from({ length: 40 }, (_, i) => `word${i + 1}`);
  await using talk = await Talk.start({
    emulator: {
      agent: sessions([say(GREETING, 8_000, words.join(" "))], [say(AGAIN)]),
      speed: 50,
    },
  });
  await talk.hears(GREETING);
  await lostAfterItsAnswer(talk);
  const second = await successor(talk);
  await talk.until("the history is told", () => told(second).length > 0);
  await talk.speak();
  await talk.hears(AGAIN);
  const heardMs = talk.caller.player.clears[0].heardBytes / 8;
  const texts = told(second);
  assert.equal(texts.filter(({ role }) => role === "assistant")[0].text, words.join(" "));
  const correction = texts.at(-1)!;
  assert.equal(correction.role, "system");
  const heard = correction.text.split(": ")[1].split(" ");
  assert.deepEqual(heard, words.slice(0, heard.length));
  // A word takes 200 ms, at an even pace.
  assert.ok(Math.abs(heard.length * 200 - heardMs) <= 500, `${heard.length} words in ${heardMs} ms`);
  assert.deepEqual(second.record.errors, []);
  await talk.hangUp();
  const [answer] = talk.transcript.filter(({ kind }) => kind === "assistant");
  assert.ok(answer.kind === "assistant" && answer.cut);
  assert.equal(answer.text, heard.join(" "));
});

test("OpenAI lost after the caller's words and before the answer: the caller hears an answer all the same", async () => {
  await using talk = await started({
    script: [{ failure: "drop", at: { on: "speech_stopped" }, sessions: 1 }],
  });
  await talk.speakAfterGreeting();
  await talk.hears(AGAIN, 0, 2_000);
  const second = await successor(talk);
  await talk.hearsOut();
  assert.deepEqual(asked(second).map((line) => line?.includes(LINES.repeat)), [true]);
  await talk.hangUp();
});

test("OpenAI lost after the words of a later turn: the caller is asked for them, and not answered as before", async () => {
  await using talk = await started({
    agent: sessions([say(GREETING), say(ANSWER)], [say(AGAIN)]),
    script: [{ failure: "drop", at: { on: "speech_stopped", turns: 2 }, sessions: 1 }],
  });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  await talk.hearsOut();
  await talk.speak();
  await talk.hears(AGAIN);
  const second = await successor(talk);
  assert.ok(
    told(second).some(({ role, text }) => role === "user" && /of speech/.test(text)),
    "the first turn",
  );
  assert.deepEqual(asked(second).map((line) => line?.includes(LINES.repeat)), [true]);
  await talk.hangUp();
});

test("OpenAI lost while the caller speaks: what was said meanwhile reaches the next session", async () => {
  await using talk = await started({
    // Whoever is still speaking need not be asked to repeat: that line is cut off, and the words are answered.
    agent: sessions([say(GREETING)], [say(ANSWER, 3_000), say(AGAIN)]),
    script: [
      { failure: "drop", at: { on: "speech_started" }, sessions: 1 },
      { failure: "refuse_upgrade", status: 500, sessions: [2, 3] }, // so that it takes a while
    ],
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  await talk.speak(1_000);
  await talk.hears(AGAIN);
  const next = await successor(talk, 4);
  await talk.until("the caller's turn is complete", () => next.record.turns.length === 1);
  const { startMs, endMs } = next.record.turns[0];
  // Onset and the frames under way when the line broke are lost, and the silence that ends the turn is part of it.
  assert.ok(endMs - startMs >= 1_000 - 200 + 200, `${endMs - startMs} ms of the turn`);
  await talk.hearsOut();
  assert.ok(!talk.hasHeard(ANSWER));
  assertOneAtATime(next);
  await talk.hangUp();
  assert.equal(talk.rig.summaries[0].uplinkDroppedMs, 0);
});

test("OpenAI lost in the middle of the goodbye: it is said again, and the call ends at once", async () => {
  await using talk = await Talk.start({
    business: { keys: { "0": { action: "hang_up" } } },
    emulator: {
      agent: sessions([say(GREETING), say(ANSWER, 3_000)], [say(AGAIN)]),
      script: [{ failure: "drop", at: { on: "audio", afterMs: 500, responses: 2 }, sessions: 1 }],
    },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  talk.caller.press("0");
  await talk.hears(AGAIN);
  const report = await talk.over();
  assert.ok(report.durationMs - talk.stoodStillMs() < 5_000, `${report.durationMs} ms`);
  assert.ok(asked(await talk.session(2))[0]?.includes(LINES.keyHangUp));
  assert.deepEqual(talk.rig.rest.requests.map(({ form }) => form.Status), ["completed"]);
});

test("OpenAI lost for good in the middle of the talk: the caller hears the fallback within 3 s", async () => {
  await using talk = await started({
    script: [{ failure: "refuse_upgrade", status: 500, sessions: { from: 2 } }],
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  const lostMs = talk.rig.clock.now();
  (await talk.session(1)).fail({ failure: "drop" });
  const report = await talk.over();
  assert.ok(talk.rig.clock.now() - lostMs - talk.stoodStillMs(lostMs) < 3_000);
  assert.equal(report.said.length, 1);
  assert.equal(report.dialled.length, 1);
  const changes = talk.rig.log.names.filter((name) => name.startsWith("agent_"));
  assert.deepEqual(changes, ["agent_ready", "agent_down", "agent_lost"]);
  assert.equal(talk.rig.ended[0].reason, "agent_lost");
});
