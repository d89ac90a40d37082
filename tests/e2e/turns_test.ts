import assert from "node:assert/strict";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import type { Business } from "../../src/businesses/business.ts";
import { hasTone } from "../../src/lab/call/tone_detector.ts";
import type { SessionRecord } from "../../src/lab/openai/session_record.ts";
import { sideBySide } from "../support/side_by_side.ts";
import {
  AGAIN,
  ANSWER,
  asked,
  assertOneAtATime,
  GREETING,
  QUICK,
  say,
  sessions,
  Talk,
  told,
} from "../support/talk.ts";

const test = sideBySide("turns and interruptions, end to end");

const VAD = { type: "server_vad", threshold: 0.5, prefixPaddingMs: 100, silenceDurationMs: 200 } as const;
/** More than a cough and the silence that ends it. */
const MIN_INTERRUPTION_MS = 700;
/** Of what was heard, beside what the process stood still. How exact it is, `truncation_test.ts` tells. */
const NEARLY_MS = 60;
const PATIENT: Partial<Business> = { turns: { ...QUICK.turns!, minInterruptionMs: MIN_INTERRUPTION_MS } };

/** That the model was told how much of its first answer was heard. */
function assertTruncated(talk: Talk, { truncations: [{ audioEndMs, atMs }] }: SessionRecord): void {
  const [{ heardBytes }] = talk.caller.player.clears;
  const heardMs = heardBytes / BYTES_PER_MS;
  const errorMs = Math.abs(audioEndMs - heardMs) - talk.stoodStillMs(0, atMs);
  assert.ok(errorMs <= NEARLY_MS, `${audioEndMs} of ${heardMs} ms: ${errorMs} ms beyond stalls`);
}

test("the caller is greeted exactly once, with a session that was opened ahead and without", async () => {
  for (const warm of ["0", "2"]) {
    await using talk = await Talk.start({
      env: { WARM_SESSIONS: warm },
      emulator: { agent: sessions([say(GREETING), say(ANSWER)]) },
    });
    await talk.hears(GREETING);
    await talk.hearsOut();
    assert.ok(talk.heardMs < 450, `${talk.heardMs} ms`);
    assert.equal((await talk.session(1)).record.responses.length, 1);
    await talk.hangUp();
  }
});

test("a caller who speaks from the first moment on is answered, never by two responses at a time", async () => {
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING, 1_000), say(ANSWER, 1_000), say(AGAIN)]), speed: 2 },
  });
  await talk.speak(600);
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const session = await talk.session(1);
  assertOneAtATime(session);
  assert.equal(asked(session).filter((line) => line?.includes("Greet the caller")).length, 1);
  await talk.hangUp();
});

test("a request that met an active response goes out again when that one is done", async () => {
  await using talk = await Talk.start({
    business: {
      turns: { ...QUICK.turns!, detection: { ...VAD, idleTimeoutMs: 5_000 } },
      keys: { "*": { action: "say", text: "I pressed a key." } },
    },
    emulator: {
      agent: sessions([say(GREETING, 200), say(AGAIN, 600), say(ANSWER)]),
      speed: 1,
      networkDelayMs: 150,
    },
  });
  const session = await talk.session(1);
  // OpenAI answers the silence by itself; until we hear of it, we ask too.
  await talk.until("the silence is answered", () => session.record.responses.length === 2);
  talk.caller.press("*");
  await talk.hears(ANSWER);
  assert.deepEqual(session.record.errors.map(({ code }) => code), [
    "conversation_already_has_active_response",
  ]);
  assert.deepEqual(session.record.responses.map(({ status }) => status), [
    "completed",
    "completed",
    "completed",
  ]);
  assert.deepEqual(told(session).map(({ text }) => text), ["I pressed a key."]);
  assertOneAtATime(session);
  await talk.hangUp();
});

test("a response that was asked for just as the caller began to speak does not talk over the caller", async () => {
  await using talk = await Talk.start({
    business: { keys: { "*": { action: "say", text: "I pressed a key." } } },
    emulator: {
      agent: sessions([say(GREETING), say(ANSWER, 3_000), say(AGAIN)]),
      speed: 2,
      networkDelayMs: 400, // far more than a busy machine stands still just then,
    },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  const begun = talk.speak(200); // OpenAI has noticed, and we do not know it yet
  const rest = talk.speak(1_500);
  await begun;
  talk.caller.press("*");
  await rest;
  await talk.hears(AGAIN);
  await talk.hearsOut();
  assert.ok(!talk.hasHeard(ANSWER));
  const { record } = await talk.session(1);
  assert.deepEqual(record.responses.map(({ status }) => status), ["completed", "cancelled", "completed"]);
  assert.deepEqual(record.errors, []);
  await talk.hangUp();
});

test("keys, a long answer and the caller's words in quick succession: one response at a time, and all answered", async () => {
  await using talk = await Talk.start({
    business: { keys: { "*": { action: "say", text: "I pressed a key." } } },
    emulator: { agent: sessions([say(GREETING, 1_000)]), speed: 4 },
  });
  await talk.until("the call is streamed", () => talk.caller.isConnected);
  for (let i = 0; i < 4; i++) {
    talk.caller.press("**");
    await talk.speak(200);
    talk.caller.press("*");
    await talk.speak(100);
  }
  await talk.hearsOut();
  const session = await talk.session(1);
  await talk.until(
    "the last response is done",
    () => session.record.responses.every(({ doneMs }) => doneMs !== undefined),
  );
  assertOneAtATime(session);
  assert.equal(told(session).filter(({ text }) => text === "I pressed a key.").length, 12);
  await talk.hangUp();
});

test("a greeting that must not be interrupted is heard whole, and the caller's words are answered after it", async () => {
  await using talk = await Talk.start({
    business: { greeting: { instructions: "This call is recorded.", isInterruptible: false } },
    emulator: { agent: sessions([say(GREETING, 2_000), say(ANSWER)]), speed: 2 },
  });
  await talk.hears(GREETING);
  await talk.speak();
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const session = await talk.session(1);
  assert.equal(talk.caller.player.clears.length, 0);
  assert.ok(Math.abs(talk.heardMs - 2_400) < 40, `${talk.heardMs} ms`);
  assert.deepEqual(session.record.responses.map(({ status }) => status), ["completed", "completed"]);
  await talk.hangUp();
});

test("speech too short to interrupt leaves the answer alone", async () => {
  await using talk = await Talk.start({
    business: PATIENT,
    emulator: { agent: sessions([say(GREETING, 2_000), say(ANSWER)]), speed: 2 },
  });
  await talk.hears(GREETING);
  await talk.speak(200);
  await talk.hears(ANSWER);
  assert.equal(talk.caller.player.clears.length, 0);
  await talk.hearsOut();
  assert.ok(Math.abs(talk.heardMs - 2_400) < 40, `${talk.heardMs} ms`);
  await talk.hangUp();
});

test("a cough of 200 ms does not silence the model where 500 ms do, and voice detection waits for as long again", async () => {
  const detection = { ...VAD, prefixPaddingMs: 300, silenceDurationMs: 500 };
  await using talk = await Talk.start({
    business: { turns: { ...QUICK.turns!, detection, minInterruptionMs: 500 } },
    emulator: { agent: sessions([say(GREETING, 3_000), say(ANSWER), say(AGAIN, 3_000)]), speed: 2 },
  });
  await talk.hears(GREETING);
  await talk.speak(200);
  await talk.hears(ANSWER);
  assert.equal(talk.caller.player.clears.length, 0);
  await talk.hearsOut();
  assert.ok(Math.abs(talk.heardMs - 3_400) < 40, `${talk.heardMs} ms`);
  // Speech of 700 ms does.
  await talk.speak(200);
  await talk.hears(AGAIN);
  await talk.speak(700);
  await talk.until("it is silent", () => talk.caller.player.clears.length === 1);
  await talk.hangUp();
});

test("speech that lasts interrupts: silence at the caller, the response cancelled once, the item truncated", async () => {
  await using talk = await Talk.start({
    business: PATIENT,
    emulator: { agent: sessions([say(GREETING, 8_000), say(ANSWER)]), speed: 2 },
  });
  await talk.hears(GREETING);
  await talk.speak(1_200);
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const { record } = await talk.session(1);
  const { clears } = talk.caller.player;
  assert.equal(clears.length, 1);
  assert.equal(record.eventsOf("response.cancel").length, 1);
  assert.deepEqual(record.responses.map(({ status }) => status), ["cancelled", "completed"]);
  assertTruncated(talk, record);
  assert.ok(!talk.hasHeard(GREETING, clears[0].heardBytes / 8));
  assert.deepEqual(record.errors, []);
  await talk.hangUp();
});

test("what still waits of an answer is never heard once the caller has interrupted it", async () => {
  await using talk = await Talk.start({
    env: { PLAYBACK_LEAD_MS: "1000" },
    emulator: { agent: sessions([say(GREETING, 8_000), say(ANSWER, 1_500)]), speed: 100 },
  });
  await talk.hears(GREETING);
  const { record } = await talk.session(1);
  await talk.until("all of it waits", () => record.responses[0].status === "completed");
  await talk.speak();
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const [{ atMs, heardBytes }] = talk.caller.player.clears;
  assert.ok(!talk.hasHeard(GREETING, heardBytes / 8));
  const next = talk.caller.player.runs.find(({ startMs }) => startMs > atMs)!;
  assert.ok(
    hasTone(talk.heard.subarray(next.firstByte, next.firstByte + 1_600), ANSWER),
    "from its beginning",
  );
  assert.ok(talk.heardMs <= heardBytes / 8 + 1_500 + 50, `${talk.heardMs} ms`);
  await talk.hangUp();
});

test("an answer that was generated long ago is silenced too, and truncated where it was heard", async () => {
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING, 6_000), say(ANSWER)]), speed: 100 },
  });
  await talk.hears(GREETING);
  const { record } = await talk.session(1);
  await talk.until("it is generated", () => record.responses[0].status === "completed");
  await talk.speak();
  await talk.hears(ANSWER);
  const [{ heardBytes }] = talk.caller.player.clears;
  assert.ok(heardBytes / 8 < 2_000);
  assertTruncated(talk, record);
  assert.deepEqual(record.eventsOf("response.cancel"), [], "nothing was active");
  await talk.hangUp();
});
