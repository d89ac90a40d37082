import assert from "node:assert/strict";
import type { TransferTarget } from "../../src/businesses/business.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, ANSWER, GREETING, say, sessions, Talk, told } from "../support/talk.ts";

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
  assert.ok(talk.rig.clock.now() - pressedMs < 1_000);
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
  talk.caller.press("#");
  const report = await talk.over();
  assert.ok(report.heardMs - heardMs < 100, `${report.heardMs - heardMs} ms after the key`);
  assert.equal(report.dialled.length, 1);
  const { record } = await talk.session(1);
  assert.equal(record.truncations.length, 1);
  assert.equal(record.responses[0].status, "cancelled");
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
      script: [{ failure: "refuse_upgrade", status: 503, sessions: { to: 4 } }],
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
