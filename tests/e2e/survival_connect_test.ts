import assert from "node:assert/strict";
import type { Failure } from "../../src/lab/openai/failures/failure_script.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { asked, FALLBACK, GREETING, say, sessions, Talk, time } from "../support/talk.ts";
import { HOLD_SOUND_MS } from "../../src/call/hold/hold_sound.ts";

const test = sideBySide("OpenAI cannot be reached, or not at once");

/** From the call to the fallback. */
const WITHIN_MS = 3_000;

const GREETS = sessions([say(GREETING)]);

/** Failures after which no session can be had, and what the caller must hear within three seconds. */
const HOPELESS: Record<string, Failure[]> = {
  "the key is refused (401)": [{ failure: "refuse_upgrade", status: 401 }],
  "the key is refused after the upgrade": [{ failure: "refuse_key" }],
  "the model is gone (404)": [{ failure: "refuse_upgrade", status: 404 }],
  "five connections in a row are refused (500)": [{ failure: "refuse_upgrade", status: 500 }],
  "five sessions in a row are lost before they are configured": [
    { failure: "drop", at: { on: "session_update" } },
  ],
};

for (const [what, script] of Object.entries(HOPELESS)) {
  test(`where ${what}, the caller hears the fallback within 3 s`, async () => {
    await using talk = await Talk.start({ emulator: { agent: GREETS, script } });
    const { durationMs, ...report } = await talk.over();
    const stoodStillMs = talk.stoodStillMs();
    const took = `${durationMs} ms, of which the process stood still for ${stoodStillMs} ms`;
    assert.ok(durationMs - stoodStillMs < WITHIN_MS, took);
    assert.deepEqual(report.said, [FALLBACK.words]);
    assert.deepEqual(report.dialled.map(({ number }) => number), [FALLBACK.forwardTo]);
    assert.deepEqual(report.problems, []);
    assert.ok(report.heardMs <= HOLD_SOUND_MS, "nothing, or that the line lives");
    assert.equal(talk.rig.ended[0].reason, "agent_lost");
  });
}

for (
  const { status, connects, kind } of [
    { status: 401, connects: 1, kind: "fatal" },
    { status: 500, connects: 5, kind: "retryable" },
  ]
) {
  test(`where ${status} is all that comes, a call asks ${connects} times and no more`, async () => {
    await using talk = await Talk.start({
      env: { WARM_SESSIONS: "0" }, // what is opened ahead is an attempt of its own
      emulator: { agent: GREETS, script: [{ failure: "refuse_upgrade", status }] },
    });
    await talk.over();
    assert.equal(talk.rig.emulator.stats().attempts, connects);
    const lost = talk.rig.log.events.filter(({ event }) => event === "agent_lost");
    assert.deepEqual(lost.map(({ attributes }) => attributes.kind), [kind]);
  });
}

test("where two connections are refused and the third is taken, the caller is greeted as ever", async () => {
  await using talk = await Talk.start({
    emulator: { agent: GREETS, script: [{ failure: "refuse_upgrade", status: 500, sessions: { to: 2 } }] },
  });
  await talk.hears(GREETING, 0, 2_000);
  await talk.hearsOut();
  assert.equal((await talk.session(3)).record.responses.length, 1);
  assert.deepEqual((await talk.hangUp()).said, []);
});

test("where no connection is answered, the caller hears that the line lives, and the fallback after connectWithinSeconds", async () => {
  await using talk = await Talk.start({
    business: time({ connectWithinMs: 3_500 }),
    emulator: { agent: GREETS, script: [{ failure: "ignore_upgrade" }] },
  });
  const { durationMs, ...report } = await talk.over();
  const tookMs = durationMs - talk.stoodStillMs();
  assert.ok(durationMs > 3_400 && tookMs < 4_500, `${tookMs} ms`);
  assert.deepEqual(report.said, [FALLBACK.words]);
  assert.equal(report.heardMs, HOLD_SOUND_MS);
  assert.equal(talk.rig.emulator.stats().attempts, 2, "one beside the other");
  assert.equal(talk.rig.ended[0].reason, "agent_lost");
  assert.deepEqual(talk.rig.log.names.filter((name) => name.startsWith("agent_")), ["agent_lost"]);
});

test("a session that takes 3 s to confirm is waited for at default settings; the caller hears that the line lives, then the greeting", async () => {
  await using talk = await Talk.start({ emulator: { agent: GREETS, networkDelayMs: 1_500 } });
  await talk.hears(GREETING, 0, 9_000);
  await talk.hearsOut();
  assert.ok(Math.abs(talk.heardMs - 400 - HOLD_SOUND_MS) < 50, `${talk.heardMs} ms`);
  const { sessions } = talk.rig.emulator;
  assert.deepEqual(sessions.map((session) => session.record.responses.length), [1, 0]);
  assert.deepEqual(talk.rig.log.names.filter((name) => name.startsWith("agent_")), ["agent_ready"]);
  assert.deepEqual((await talk.hangUp()).said, []);
});

test("a connection that is never answered is tried again, and the caller is greeted once", async () => {
  await using talk = await Talk.start({
    emulator: { agent: GREETS, script: [{ failure: "ignore_upgrade", sessions: 1 }] },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  assert.equal((await talk.session(2)).record.responses.length, 1);
  assert.deepEqual((await talk.hangUp()).said, []);
});

test("a session lost before it is configured is replaced, and the caller is greeted exactly once", async () => {
  await using talk = await Talk.start({
    emulator: { agent: GREETS, script: [{ failure: "drop", at: { on: "session_update" }, sessions: 1 }] },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  assert.ok(talk.heardMs < 500, `${talk.heardMs} ms`);
  const [first, second] = talk.rig.emulator.sessions;
  assert.equal(first.record.responses.length, 0);
  assert.equal(asked(second).length, 1);
  assert.deepEqual((await talk.hangUp()).said, []);
});
