import assert from "node:assert/strict";
import { LINES } from "../../src/call/conversation/instructions.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, ANSWER, asked, GREETING, say, sessions, Talk, time, told } from "../support/talk.ts";

const test = sideBySide("a session comes to its end");

const AGENT = sessions([say(GREETING, 400, "Hello, how can I help?"), say(ANSWER, 3_000)], [say(AGAIN)]);

test("a session that OpenAI ends by session_expired is followed by a new one with the history", async () => {
  await using talk = await Talk.start({
    emulator: {
      agent: AGENT,
      script: [{ failure: "expire", at: { on: "audio", afterMs: 1_000, responses: 2 }, sessions: 1 }],
    },
  });
  await talk.speakAfterGreeting();
  await talk.hears(AGAIN);
  const second = await talk.session(2);
  assert.equal(told(second)[0].text, "Hello, how can I help?");
  assert.deepEqual(asked(second).map((line) => line?.includes(LINES.handover)), [true]);
  await talk.hangUp();
});

test("sessions are changed in a pause before they expire, and the caller hears nothing of it", async () => {
  await using talk = await Talk.start({
    emulator: { agent: AGENT, script: [{ failure: "short_session", seconds: 3, sessions: 1 }] },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  const { heardMs } = talk;
  const second = await talk.session(2);
  await talk.until("the history is told", () => told(second).length > 0);
  await talk.until("the old session is closed", () => talk.rig.emulator.stats().sessionsOpen === 1);
  assert.deepEqual((await talk.session(1)).record.errors, [], "it did not expire");
  await talk.hearsOut();
  assert.equal(talk.heardMs, heardMs);
  assert.deepEqual(asked(second), []);
  await talk.speak();
  await talk.hears(AGAIN);
  await talk.hangUp();
  // Of the caller's audio not a frame was lost on the way from one to the other.
  const { uplinkMs, durationMs } = talk.rig.summaries[0];
  assert.ok(durationMs - uplinkMs - talk.stoodStillMs() < 400, `${uplinkMs} of ${durationMs} ms`);
});

test("an answer that plays when a session should be changed is heard to its end first", async () => {
  await using talk = await Talk.start({
    emulator: {
      agent: sessions([say(GREETING, 3_000)], [say(AGAIN)]),
      speed: 20,
      script: [{ failure: "short_session", seconds: 5, sessions: 1 }],
    },
  });
  await talk.hears(GREETING);
  const second = await talk.session(2);
  await talk.until("the history is told", () => told(second).length > 0);
  assert.ok(talk.heardMs >= 2_950, `${talk.heardMs} ms were heard when the session was changed`);
  await talk.hearsOut();
  assert.deepEqual(asked(second), []);
  await talk.hangUp();
});

test("a session that is open on our side only is found out and replaced, and the caller asked for what went into it", async () => {
  await using talk = await Talk.start({
    business: time({ silencePromptAfterMs: 60_000 }),
    emulator: { agent: AGENT },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  (await talk.session(1)).fail({ failure: "stall" });
  await talk.speak();
  await talk.hears(AGAIN);
  assert.deepEqual(asked(await talk.session(2)).map((line) => line?.includes(LINES.unheard)), [true]);
  talk.caller.hangUp();
  // The other end of the stalled session never learns of its end; nothing else may be left.
  await talk.until("all is over", () => talk.rig.emulator.stats().sessionsOpen === 1);
  assert.equal((await talk.rig.memory()).kernelSlots, 0);
});
