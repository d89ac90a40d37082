import assert from "node:assert/strict";
import type { Failure } from "../../src/lab/openai/failures/failure_script.ts";
import { sideBySide } from "../support/side_by_side.ts";
import {
  AGAIN,
  ANSWER,
  asked,
  FALLBACK,
  GREETING,
  say,
  sessions,
  Talk,
  time,
  told,
} from "../support/talk.ts";

const test = sideBySide("the model fails, stays silent or is slow");

const ANSWERS = sessions([say(GREETING), say(ANSWER)], [say(AGAIN)]);
const IMPATIENT = time({ answerWithinMs: 500 });

test("quota that is used up inside response.done: the caller is forwarded within 3 s", async () => {
  await using talk = await Talk.start({
    emulator: {
      agent: ANSWERS,
      script: [{ failure: "response_fails", code: "insufficient_quota", responses: 2 }],
    },
  });
  await talk.speakAfterGreeting();
  const spokenMs = talk.rig.clock.now();
  const report = await talk.over();
  assert.ok(talk.rig.clock.now() - spokenMs - talk.stoodStillMs(spokenMs) < 3_000);
  assert.deepEqual(report.said, [FALLBACK.words]);
  assert.deepEqual(report.dialled.map(({ number }) => number), [FALLBACK.forwardTo]);
  assert.ok(!talk.hasHeard(ANSWER));
  const { record } = await talk.session(1);
  assert.deepEqual(record.responses.map(({ status }) => status), ["completed", "failed"]);
  assert.equal(asked(await talk.session(1)).length, 1, "the greeting, and nothing again");
  const lost = talk.rig.log.events.filter(({ event }) => event === "agent_lost");
  assert.deepEqual(lost.map(({ attributes }) => attributes.kind), ["fatal"]);
  assert.equal(talk.rig.emulator.sessions.length, 1);
});

for (
  const failing of [
    { code: "rate_limit_exceeded", leastPauseMs: 900 },
    { code: "server_error", type: "server_error", leastPauseMs: 0 },
  ]
) {
  const { leastPauseMs, ...failure } = failing;
  test(`a response that fails with ${failure.code} is asked for once more, and heard`, async () => {
    await using talk = await Talk.start({
      emulator: {
        agent: sessions([say(GREETING), say(AGAIN), say(ANSWER)]),
        script: [{ failure: "response_fails", responses: 2, ...failure }],
      },
    });
    await talk.hears(GREETING);
    await talk.hearsOut();
    await talk.speak();
    await talk.hears(ANSWER);
    await talk.hearsOut();
    const { record } = await talk.session(1);
    assert.deepEqual(record.responses.map(({ status }) => status), ["completed", "failed", "completed"]);
    const pauseMs = record.responses[2].createdMs - record.responses[1].doneMs!;
    assert.ok(pauseMs >= leastPauseMs, `${pauseMs} ms`);
    assert.ok(!talk.hasHeard(AGAIN));
    const failed = talk.rig.log.events.filter(({ event }) => event === "response_failed");
    assert.deepEqual(failed.map(({ attributes }) => attributes.code), [failure.code]);
    assert.deepEqual((await talk.hangUp()).said, []);
  });
}

test("a greeting that fails is asked for again in the same words", async () => {
  await using talk = await Talk.start({
    emulator: {
      agent: sessions([say(GREETING), say(ANSWER)]),
      script: [{ failure: "response_fails", code: "server_error", responses: 1 }],
    },
  });
  await talk.hears(ANSWER);
  const lines = asked(await talk.session(1));
  assert.equal(lines.length, 2);
  assert.equal(lines[1], lines[0]);
  await talk.hangUp();
});

test("a goodbye that fails is said again, and only then the call ends", async () => {
  await using talk = await Talk.start({
    business: time({ silencePromptAfterMs: 1_000, silenceGoodbyeAfterMs: 1_000 }),
    emulator: {
      agent: sessions([say(GREETING), say(GREETING), say(AGAIN), say(ANSWER, 1_000)]),
      script: [{ failure: "response_fails", code: "server_error", responses: 3 }],
    },
  });
  const report = await talk.over();
  const lines = asked(await talk.session(1));
  assert.equal(lines.length, 4);
  assert.equal(lines[3], lines[2]);
  assert.ok(talk.hasHeard(ANSWER) && !talk.hasHeard(AGAIN));
  assert.ok(
    report.heardMs >= 400 + 400 + 1_000 - 5,
    `${report.heardMs} ms: the goodbye was heard to its end`,
  );
  assert.deepEqual(talk.rig.rest.requests.map(({ form }) => form), [{ Status: "completed" }]);
  assert.deepEqual(report.said, []);
});

test("a response that fails twice, and in another session, is given up: the caller hears the fallback", async () => {
  await using talk = await Talk.start({
    emulator: { agent: ANSWERS, script: [{ failure: "response_fails", code: "server_error" }] },
  });
  const report = await talk.over();
  assert.ok(report.durationMs - talk.stoodStillMs() < 3_000);
  assert.deepEqual(report.said, [FALLBACK.words]);
  assert.equal(asked(await talk.session(1)).length, 2);
  assert.equal(asked(await talk.session(2)).length, 1);
});

test("a response that fails in the middle is said anew, and the call goes on", async () => {
  await using talk = await Talk.start({
    emulator: {
      agent: sessions([say(GREETING, 2_000), say(ANSWER)]),
      script: [{ failure: "response_fails", code: "server_error", afterMs: 500, responses: 1 }],
    },
  });
  await talk.hears(ANSWER);
  assert.ok(talk.hasHeard(GREETING));
  await talk.hangUp();
});

test("an answer that is cut by its token limit is heard as far as it goes, and brought to an end", async () => {
  const script: Failure[] = [
    { failure: "response_incomplete", reason: "max_output_tokens", afterMs: 600, responses: 1 },
  ];
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING, 2_000), say(ANSWER)]), script },
  });
  await talk.hears(GREETING);
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const notes = told(talk.rig.emulator.sessions[0]).filter(({ role }) => role === "system");
  assert.ok(notes.some(({ text }) => text.includes("End the sentence in a few words")));
  assert.equal((await talk.session(1)).record.responses.length, 2);
  await talk.hangUp();
});

test("a turn that the model leaves unanswered is asked for again", async () => {
  await using talk = await Talk.start({
    business: IMPATIENT,
    emulator: { agent: ANSWERS, script: [{ failure: "silent_model", turns: 1 }] },
  });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER, 0, 4_000);
  assert.equal(asked(await talk.session(1)).length, 2);
  await talk.hangUp();
});

test("a model that stays silent is cancelled and asked again, then replaced, and the caller hears an answer", async () => {
  await using talk = await Talk.start({
    business: IMPATIENT,
    emulator: {
      agent: ANSWERS,
      script: [{ failure: "slow_response", delayMs: Infinity, sessions: 1, responses: { from: 2 } }],
    },
  });
  await talk.speakAfterGreeting();
  await talk.hears(AGAIN, 0, 6_000);
  await talk.hearsOut();
  const [first, second] = talk.rig.emulator.sessions;
  assert.deepEqual(first.record.responses.map(({ status }) => status), [
    "completed",
    "cancelled",
    "in_progress",
  ]);
  assert.ok(told(second).some(({ role }) => role === "user"));
  assert.equal(second.record.responses.length, 1);
  await talk.hangUp();
});

test("a model that never says a word, not even a greeting, ends in the fallback", async () => {
  await using talk = await Talk.start({
    business: IMPATIENT,
    emulator: { agent: ANSWERS, script: [{ failure: "slow_response", delayMs: Infinity }] },
  });
  const report = await talk.over();
  assert.deepEqual(report.said, [FALLBACK.words]);
  assert.ok(report.durationMs - talk.stoodStillMs() < 6_000, `${report.durationMs} ms`);
  assert.equal(talk.rig.ended[0].reason, "agent_lost");
});

test("a first answer that takes its time is waited for, and not asked for twice", async () => {
  await using talk = await Talk.start({
    emulator: { agent: ANSWERS, script: [{ failure: "slow_response", delayMs: 1_500, responses: 1 }] },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  assert.equal(asked(await talk.session(1)).length, 1);
  await talk.hangUp();
});

test("a cancelled answer that still sends audio is not heard any more", async () => {
  for (const after of ["speech_started", "response_done"] as const) {
    await using talk = await Talk.start({
      emulator: {
        agent: sessions([say(GREETING, 8_000), say(ANSWER)]),
        speed: 2,
        script: [{ failure: "late_deltas", count: 6, after, responses: 1 }],
      },
    });
    await talk.hears(GREETING);
    await talk.speak();
    await talk.until("the answer is cut off", () => talk.caller.player.clears.length === 1);
    const [{ heardBytes }] = talk.caller.player.clears;
    await talk.hears(ANSWER);
    await talk.hearsOut();
    assert.ok(!talk.hasHeard(GREETING, heardBytes / 8), after);
    const { record } = await talk.session(1);
    const truncation = record.truncations[0];
    const maxErrorMs = 60 + talk.stoodStillMs();
    assert.ok(
      Math.abs(truncation.audioEndMs - heardBytes / 8) <= maxErrorMs,
      `${truncation.audioEndMs} ms of ${heardBytes / 8} ms`,
    );
    assert.deepEqual(record.errors, []);
    await talk.hangUp();
  }
});

test("events that nobody knows, and events without the fields they should have, change nothing", async () => {
  const at = [{ on: "session_created" }, { on: "session_updated" }, { on: "response_created" }] as const;
  const events = [{ type: "response.telepathy.delta", thought: "?" }, { type: "conversation.created" }, {
    type: "response.output_audio.delta",
    delta: 7,
  }];
  const script = at.flatMap((point) =>
    events.map((event): Failure => ({ failure: "inject", at: point, event }))
  );
  await using talk = await Talk.start({ emulator: { agent: ANSWERS, script } });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  assert.equal(talk.rig.emulator.stats().sessionsOpened, 1);
  await talk.hangUp();
});
