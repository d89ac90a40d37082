import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { RIG_ADMIN_TOKEN } from "../support/bridge_rig.ts";
import { sideBySide } from "../support/side_by_side.ts";
import {
  AGAIN,
  ANSWER,
  asked,
  assertOneAtATime,
  GREETING,
  SALES,
  say,
  sessions,
  Talk,
  told,
} from "../support/talk.ts";

const test = sideBySide("operators' actions, end to end");

const LONG = say(GREETING, 30_000, "One for this, two for that, and so on and on.");
const NEWS = "The doctor is late: offer four o'clock.";

/** What an operator asks of the only call that is live. */
async function operate(
  talk: Talk,
  action: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const [{ callSid }] = (await (await talk.rig.get("/calls")).json()).calls;
  const response = await talk.rig.get(`/calls/${callSid}/${action}`, {
    method: "POST",
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

function notes(talk: Talk): string[] {
  return talk.transcript.flatMap((entry) => entry.kind === "note" ? [entry.text] : []);
}

test("the agent is told something in the middle of a long answer, at default settings: that ends there, and the caller hears of it next", async () => {
  await using talk = await Talk.start({
    business: { turns: DEFAULT_BUSINESS.turns, transfers: [SALES] },
    emulator: { agent: sessions([LONG, say(ANSWER)]), speed: 20 },
  });
  await talk.hears(GREETING);
  assert.equal((await operate(talk, "tell", { text: NEWS })).status, 202);
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const [clear] = talk.caller.player.clears;
  assert.ok(talk.heardMs < clear.heardBytes / 8 + 450, `${talk.heardMs} ms`);
  const session = await talk.session(1);
  const [item] = told(session).filter(({ text }) => text.includes(NEWS));
  assert.equal(item.role, "system");
  assert.match(item.text, /unheard by the caller.*\nTell the caller at once/);
  const saidMs = session.record.truncations[0].audioEndMs;
  assert.ok(Math.abs(saidMs - clear.heardBytes / 8) <= 60 + talk.stoodStillMs());
  assertOneAtATime(session);
  await talk.hangUp();
  const [answer] = talk.transcript;
  assert.ok(answer.kind === "assistant" && answer.cut);
  assert.deepEqual(notes(talk), [`An operator told the agent: ${NEWS}`]);
  const [{ attributes }] = talk.rig.log.events.filter(({ event }) => event === "operator_action");
  assert.equal(attributes.action, "tell");
});

test("the agent is told something to bear in mind: nothing is cut off, nothing is said, and the next answer knows", async () => {
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING, 2_500), say(ANSWER)]), speed: 20 },
  });
  await talk.hears(GREETING);
  assert.equal((await operate(talk, "tell", { text: NEWS, say: false })).status, 202);
  await talk.hearsOut();
  assert.ok(Math.abs(talk.heardMs - 2_500) < 40, `${talk.heardMs} ms`);
  const session = await talk.session(1);
  assert.equal(session.record.responses.length, 1);
  await talk.speak();
  await talk.hears(ANSWER);
  assert.equal(session.record.responses.length, 2);
  assert.ok(told(session).some(({ role, text }) => role === "system" && text.includes(NEWS)));
  await talk.hangUp();
  assert.deepEqual(notes(talk), [`An operator told the agent: ${NEWS}`]);
});

test("the agent is told something while the caller speaks: one answer, to both", async () => {
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING), say(ANSWER), say(AGAIN)]) },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  const speaking = talk.speak(1_200);
  await talk.until("the caller speaks", () => talk.rig.app.calls.snapshots()[0].state === "caller_speaks");
  assert.equal((await operate(talk, "tell", { text: NEWS })).status, 202);
  await speaking;
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const session = await talk.session(1);
  assert.equal(session.record.responses.length, 2);
  assert.ok(!talk.hasHeard(AGAIN));
  await talk.hangUp();
});

test("what the agent was told is known to the session that takes over", async () => {
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING)], [say(ANSWER)]) },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  assert.equal((await operate(talk, "tell", { text: NEWS, say: false })).status, 202);
  (await talk.session(1)).fail({ failure: "drop" });
  const session = await talk.session(2);
  await talk.until("it is told", () => told(session).some(({ text }) => text.includes(NEWS)));
  await talk.hangUp();
});

test("the call is ended in the middle of a long answer: the goodbye is heard, and the record names the operator", async () => {
  await using talk = await Talk.start({
    emulator: { agent: sessions([LONG, say(ANSWER, 1_500)]), speed: 20 },
  });
  await talk.hears(GREETING);
  assert.equal((await operate(talk, "end")).status, 202);
  assert.equal((await operate(talk, "end")).status, 202); // once more, in vain
  const report = await talk.over();
  assert.equal(report.endedBy, "server");
  assert.ok(talk.hasHeard(ANSWER));
  const { heardBytes } = talk.caller.player.clears[0];
  assert.ok(report.heardMs >= heardBytes / 8 + 1_450, `${report.heardMs} ms: the goodbye was heard out`);
  assert.ok(
    asked(await talk.session(1)).some((line) => line?.includes("Somebody at the business ends the call.")),
  );
  assert.equal(talk.rig.summaries.at(-1)!.reason, "operator_hung_up");
  assert.deepEqual(notes(talk), ["An operator ended the call."]);
  const said = talk.transcript.filter(({ kind }) => kind === "assistant");
  assert.deepEqual(said.map((entry) => entry.kind === "assistant" && entry.cut), [true, false]);
});

test("the call is ended while the caller talks on: the goodbye is heard all the same", async () => {
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING), say(ANSWER, 2_000)]), speed: 20 },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  assert.equal((await operate(talk, "end")).status, 202);
  await talk.hears(ANSWER);
  await talk.speak(600);
  const tell = await operate(talk, "tell", { text: NEWS });
  assert.deepEqual([tell.status, (tell.body as { code: string }).code], [409, "call_leaving"]);
  const report = await talk.over();
  assert.ok(report.heardMs >= 400 + 1_950, `${report.heardMs} ms`);
});

test("the caller is put through in the middle of an answer: at once, and the record names the operator", async () => {
  await using talk = await Talk.start({
    business: { transfers: [SALES] },
    emulator: { agent: sessions([LONG, say(ANSWER)]), speed: 20 },
  });
  await talk.hears(GREETING);
  const unknown = await operate(talk, "transfer", { target: "+15550100666" });
  assert.equal(unknown.status, 400);
  assert.match(JSON.stringify(unknown.body), /target_unknown/);
  assert.match(JSON.stringify(unknown.body), /transfer targets are: sales\./);
  assert.equal((await operate(talk, "transfer", { target: "sales" })).status, 202);
  const report = await talk.over();
  assert.deepEqual(report.dialled.map(({ number }) => number), [SALES.number]);
  assert.ok(report.heardMs < 5_000 + talk.stoodStillMs());
  assert.equal(talk.rig.summaries.at(-1)!.reason, "transferred");
  assert.deepEqual(notes(talk), ["An operator put the caller through to sales."]);
  const [answer] = talk.transcript;
  assert.ok(answer.kind === "assistant" && answer.cut);
});

test("Twilio refuses to put the caller through: the caller is told so, and the talk goes on", async () => {
  await using talk = await Talk.start({
    business: { transfers: [SALES] },
    emulator: { agent: sessions([say(GREETING), say(ANSWER), say(AGAIN)]), speed: 20 },
  });
  talk.rig.rest.failNext({ status: 403, code: 20003 });
  await talk.hears(GREETING);
  await talk.hearsOut();
  assert.equal((await operate(talk, "transfer", { target: "sales" })).status, 202);
  await talk.hears(ANSWER);
  await talk.hearsOut();
  assert.ok(told(await talk.session(1)).some(({ text }) => text.includes("could not be put through")));
  await talk.speak();
  await talk.hears(AGAIN);
  assert.deepEqual((await talk.hangUp()).dialled, []);
});

test("requests that are not an operator's, or not right, do nothing to a call", async () => {
  await using talk = await Talk.start({ emulator: { agent: sessions([say(GREETING)]) } });
  await talk.hears(GREETING);
  const { callSid } = talk.caller;
  const post = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${RIG_ADMIN_TOKEN}`, "content-type": "application/json" };
    const response = await fetch(talk.rig.line.server + path, { method: "POST", headers, ...init });
    await response.body?.cancel();
    return response.status;
  };
  for (const action of ["end", "transfer", "tell"]) {
    const path = `/calls/${callSid}/${action}`;
    const body = action === "tell" ? '{"text":"a"}' : '{"target":"a"}';
    assert.equal(await post(path, { headers: { "content-type": "application/json" }, body: "{}" }), 401);
    assert.equal(await post(`/calls/CA${"0".repeat(32)}/${action}`, { body }), 404);
    assert.equal(await post(`/calls/x/${action}`, { body }), 404);
  }
  const tell = `/calls/${callSid}/tell`;
  for (
    const body of [
      "",
      "[]",
      "{}",
      '{"text":1}',
      '{"text":" "}',
      `{"text":"${"a".repeat(1_001)}"}`,
      '{"text":"a","loud":true}',
    ]
  ) {
    assert.equal(await post(tell, { body }), 400, body.slice(0, 40));
  }
  assert.equal(await post(tell, { body: `{"text":"${"a".repeat(9_000)}"}` }), 413);
  const plain = { authorization: `Bearer ${RIG_ADMIN_TOKEN}`, "content-type": "text/plain" };
  assert.equal(await post(tell, { headers: plain, body: '{"text":"a"}' }), 415);
  assert.equal(await post(`/calls/${callSid}/listen`), 404);
  assert.equal(await post(`/calls/${callSid}/end/now`), 404);
  await talk.hearsOut();
  assert.equal((await talk.session(1)).record.responses.length, 1);
  await talk.hangUp();
  assert.deepEqual(notes(talk), []);
});
