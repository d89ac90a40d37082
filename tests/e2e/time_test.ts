import assert from "node:assert/strict";
import { LINES } from "../../src/call/conversation/instructions.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, ANSWER, asked, GREETING, say, sessions, Talk, time } from "../support/talk.ts";

const test = sideBySide("time limits, end to end");

const AGENT = sessions([say(GREETING), say(ANSWER), say(AGAIN)]);

test("a caller who says nothing is asked whether they are there, then hears a goodbye, and the call ends", async () => {
  await using talk = await Talk.start({
    business: time({ silencePromptAfterMs: 1_000, silenceGoodbyeAfterMs: 1_000 }),
    emulator: { agent: AGENT },
  });
  const report = await talk.over();
  const session = await talk.session(1);
  const lines = asked(session);
  assert.equal(lines.length, 3);
  assert.ok(lines[1]?.includes(LINES.silence));
  assert.ok(lines[2]?.includes(LINES.longSilence));
  assert.equal(
    Math.round(report.heardMs / 100),
    12,
    `${report.heardMs} ms: all three were heard to their end`,
  );
  assert.deepEqual(talk.rig.rest.requests.map(({ form }) => form), [{ Status: "completed" }]);
  assert.deepEqual(report.said, []);
  assert.equal(report.endedBy, "server");
});

test("a caller who answers the question whether they are there stays in the talk", async () => {
  await using talk = await Talk.start({
    business: time({ silencePromptAfterMs: 1_000, silenceGoodbyeAfterMs: 1_500 }),
    emulator: { agent: AGENT },
  });
  await talk.hears(ANSWER);
  await talk.hearsOut();
  await talk.speak();
  await talk.hears(AGAIN);
  await talk.hearsOut();
  assert.ok(talk.caller.isConnected);
  assert.equal(asked(await talk.session(1)).length, 2);
  await talk.hangUp();
});

test("a caller who speaks into the goodbye is not hung up on: it is cut off, and the talk goes on", async () => {
  await using talk = await Talk.start({
    business: time({ silencePromptAfterMs: 1_000, silenceGoodbyeAfterMs: 1_000 }),
    emulator: { agent: sessions([say(GREETING), say(GREETING), say(ANSWER, 4_000), say(AGAIN)]), speed: 20 },
  });
  await talk.hears(ANSWER);
  await talk.speak();
  await talk.hears(AGAIN);
  await talk.hearsOut();
  assert.ok(talk.heardMs < 4_000, `${talk.heardMs} ms: the goodbye was cut off`);
  assert.ok(talk.caller.isConnected);
  const session = await talk.session(1);
  assert.ok(asked(session).at(-1)?.includes(LINES.longSilence));
  assert.deepEqual(session.record.truncations.length, 1);
  assert.deepEqual(talk.rig.rest.requests, []);
  await talk.hangUp();
});

test("a caller who speaks into the goodbye at the longest time of a call is hung up on all the same", async () => {
  await using talk = await Talk.start({
    business: time({ maxCallMs: 1_500, warnBeforeEndMs: 0 }),
    emulator: { agent: sessions([say(GREETING), say(ANSWER, 4_000), say(AGAIN, 4_000)]), speed: 20 },
  });
  await talk.hears(ANSWER);
  void talk.speak(); // the line may be cut before it has been said
  await talk.over();
  assert.deepEqual(talk.rig.rest.requests.map(({ form }) => form), [{ Status: "completed" }]);
});

test("an answer that takes long to hear is not silence", async () => {
  await using talk = await Talk.start({
    business: time({ silencePromptAfterMs: 1_000, silenceGoodbyeAfterMs: 1_000 }),
    emulator: { agent: sessions([say(GREETING, 3_000)]), speed: 50 },
  });
  await talk.until("all of it is heard", () => talk.heardMs >= 2_990);
  assert.equal(asked(await talk.session(1)).length, 1);
  await talk.hangUp();
});

test("a call that is as long as it may be is warned by a line, then ended by a goodbye", async () => {
  await using talk = await Talk.start({
    business: time({ maxCallMs: 3_000, warnBeforeEndMs: 2_000 }),
    emulator: { agent: AGENT },
  });
  const report = await talk.over();
  const lines = asked(await talk.session(1));
  assert.equal(lines.length, 3);
  assert.ok(lines[1]?.includes(LINES.nearEnd));
  assert.ok(lines[2]?.includes(LINES.end));
  assert.ok(talk.hasHeard(ANSWER) && talk.hasHeard(AGAIN));
  assert.ok(
    report.durationMs > 3_000 && report.durationMs - talk.stoodStillMs() < 5_500,
    `${report.durationMs} ms`,
  );
  assert.deepEqual(talk.rig.rest.requests.map(({ form }) => form), [{ Status: "completed" }]);
});

test("a goodbye that Twilio's API refuses to follow up ends the call all the same, without the fallback", async () => {
  await using talk = await Talk.start({
    business: time({ maxCallMs: 1_000, warnBeforeEndMs: 0 }),
    emulator: { agent: AGENT },
  });
  talk.rig.rest.failNext({ status: 500 }, 10);
  const report = await talk.over();
  assert.deepEqual(report.said, []);
  assert.deepEqual(report.dialled, []);
  assert.equal(report.endedBy, "server");
});
