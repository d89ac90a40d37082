import assert from "node:assert/strict";
import type { Business, TransferTarget } from "../../src/businesses/business.ts";
import { LINES } from "../../src/call/conversation/instructions.ts";
import type { ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, ANSWER, call, GREETING, say, sessions, Talk, told } from "../support/talk.ts";

const test = sideBySide("keys, end to end");

const EMERGENCY: TransferTarget = {
  name: "emergency",
  description: "Whoever is on duty.",
  number: "+15550100112",
  announcement: "Putting you through.",
  whisper: "An emergency.",
  ringSeconds: 20,
};
const BOUND = {
  transfers: [EMERGENCY],
  keys: { "#": { action: "transfer", target: "emergency" }, "*": { action: "say", text: "I want a menu." } },
} as const;

test("a key that transfers works before OpenAI is connected", async () => {
  await using talk = await Talk.start({
    business: BOUND,
    emulator: { agent: sessions([say(GREETING)]), script: [{ failure: "ignore_upgrade" }] },
  });
  await talk.until("the stream is open", () => talk.caller.isConnected);
  talk.caller.press("#");
  const pressedMs = talk.rig.clock.now();
  const report = await talk.over();
  assert.ok(talk.rig.clock.now() - pressedMs - talk.stoodStillMs(pressedMs) < 1_000);
  assert.deepEqual(report.said, [EMERGENCY.announcement]);
  assert.deepEqual(report.dialled.map(({ number, whispered }) => ({ number, whispered })), [
    { number: EMERGENCY.number, whispered: [EMERGENCY.whisper] },
  ]);
  assert.deepEqual(report.problems, []);
});

test("a key that transfers silences the answer under way, and transfers at once", async () => {
  await using talk = await Talk.start({
    business: BOUND,
    emulator: { agent: sessions([say(GREETING, 10_000)]), speed: 2 },
  });
  await talk.hears(GREETING);
  const { heardMs } = talk;
  const pressedMs = talk.rig.clock.now();
  talk.caller.press("#");
  const report = await talk.over();
  const afterMs = report.heardMs - heardMs - talk.stoodStillMs(pressedMs);
  assert.ok(afterMs < 100, `${afterMs} ms after the key`);
  assert.equal(report.dialled.length, 1);
  const { record } = await talk.session(1);
  assert.equal(record.truncations.length, 1);
  assert.equal(record.responses[0].status, "cancelled");
});

test("a key that transfers takes the place of a goodbye, though that was final", async () => {
  const endCall: ScriptedReply = { ...say(ANSWER, 6_000), ...call("end_call") };
  const goodbyes: [string, ScriptedReply, Partial<Business>, (talk: Talk) => unknown][] = [
    ["the model hangs up", endCall, {}, (talk) => talk.speak()],
    ["the caller hangs up by key", say(ANSWER, 6_000), {}, (talk) => talk.caller.press("0")],
  ];
  for (const [what, goodbye, business, begin] of goodbyes) {
    await using talk = await Talk.start({
      business: { ...BOUND, keys: { ...BOUND.keys, "0": { action: "hang_up" } }, ...business },
      emulator: { agent: sessions([say(GREETING), goodbye, say(AGAIN)]), speed: 20 },
    });
    await talk.hears(GREETING);
    await talk.hearsOut();
    await begin(talk);
    await talk.hears(ANSWER);
    const { record } = await talk.session(1);
    await talk.until("the goodbye is complete", () => record.responses[1].doneMs !== undefined);
    talk.caller.press("#");
    const report = await talk.over();
    assert.deepEqual(report.dialled.map(({ number }) => number), [EMERGENCY.number], what);
    assert.equal(record.responses.length, 2, `${what}: nothing is said of it`);
    assert.ok(report.heardMs < 4_000, `${what}: ${report.heardMs} ms`);
    assert.deepEqual(report.problems, []);
  }
});

test("a key that transfers and is pressed again: the call is transferred once, and nobody says that it failed", async () => {
  await using talk = await Talk.start({
    business: BOUND,
    emulator: { agent: sessions([say(GREETING), say(ANSWER)]) },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  talk.caller.press("##");
  const report = await talk.over();
  assert.equal(report.dialled.length, 1);
  const session = await talk.session(1);
  assert.deepEqual([told(session), session.record.responses.length], [[], 1]);
  assert.deepEqual(talk.rig.log.events.filter(({ event }) => event === "transfer_failed"), []);
});

test("a key that transfers, which Twilio refuses: the caller is told so, and not that nobody answered", async () => {
  await using talk = await Talk.start({
    business: BOUND,
    emulator: { agent: sessions([say(GREETING), say(ANSWER)]) },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  talk.rig.rest.failNext({ status: 403, code: 20003 });
  talk.caller.press("#");
  await talk.hears(ANSWER);
  assert.deepEqual(told(await talk.session(1)).map(({ text }) => text), [LINES.notPutThrough]);
  assert.ok(talk.rig.log.names.includes("transfer_failed"));
  await talk.hangUp();
});

test("a key that transfers, and nobody there: the caller is back in the talk, which is told of it", async () => {
  await using talk = await Talk.start(
    { business: BOUND, emulator: { agent: sessions([say(GREETING, 400, "Hello.")], [say(AGAIN)]) } },
    { onDial: () => ({ status: "no-answer" }) },
  );
  await talk.hears(GREETING);
  await talk.hearsOut();
  talk.caller.press("#");
  await talk.hears(AGAIN);
  assert.equal(told(await talk.session(2))[0].text, "Hello.");
  await talk.hangUp();
});

test("unbound keys reach the model as one text, which it answers", async () => {
  await using talk = await Talk.start({
    business: BOUND,
    emulator: { agent: sessions([say(GREETING), say(ANSWER)]) },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  talk.caller.press("4711");
  await talk.hears(ANSWER);
  const session = await talk.session(1);
  assert.deepEqual(told(session), [{ role: "user", text: "The caller pressed the keys 4 7 1 1." }]);
  assert.equal(session.record.responses.length, 2);
  await talk.hangUp();
  assert.deepEqual(talk.transcript.flatMap((entry) => entry.kind === "keys" ? entry.digits : []), ["4711"]);
});

test("keys pressed before OpenAI is connected are known to the model, and answered after the greeting", async () => {
  await using talk = await Talk.start({
    business: BOUND,
    emulator: {
      agent: sessions([say(GREETING), say(ANSWER)]),
      script: [{ failure: "refuse_upgrade", status: 500, sessions: { to: 4 } }],
    },
  });
  await talk.until("the stream is open", () => talk.caller.isConnected);
  talk.caller.press("1");
  await talk.hears(GREETING);
  await talk.hears(ANSWER);
  const session = await talk.session(5);
  assert.ok(told(session).some(({ text }) => /pressed.* 1\./.test(text)));
  assert.equal(session.record.responses.length, 2);
  await talk.hangUp();
});

test("a key that says something is answered as if the caller had said it", async () => {
  await using talk = await Talk.start({
    business: BOUND,
    emulator: { agent: sessions([say(GREETING), say(ANSWER)]) },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  talk.caller.press("*");
  await talk.hears(ANSWER);
  assert.deepEqual(told(await talk.session(1)), [{ role: "user", text: "I want a menu." }]);
  await talk.hangUp();
});
