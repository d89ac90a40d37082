import assert from "node:assert/strict";
import type { TransferTarget } from "../../src/businesses/business.ts";
import { HANG_UP_WITHIN_MS, SLOW_CONTROL_MS } from "../../src/carrier/twilio/call_control.ts";
import { HEDGE_AFTER_MS } from "../../src/carrier/twilio/twilio_rest.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, ANSWER, call, GREETING, say, sessions, Talk } from "../support/talk.ts";

const test = sideBySide("Twilio's REST API hangs");

const desk: TransferTarget = {
  name: "desk",
  description: "",
  number: "+15550100888",
  announcement: "",
  whisper: "",
  ringSeconds: 5,
};
/** What requests, sockets and looking take on a machine that is busy with other tests. */
const SLACK_MS = 1_200;

test("a transfer that hangs is asked for again by another connection, and the caller is put through", async () => {
  await using talk = await Talk.start({
    business: { transfers: [desk] },
    emulator: { agent: sessions([say(GREETING), call("transfer_call", { target: "desk" }), say(AGAIN)]) },
  });
  talk.rig.rest.failNext("timeout");
  await talk.speakAfterGreeting();
  await talk.until("Twilio is asked", () => talk.rig.rest.requests.length === 1);
  const askedMs = talk.rig.clock.now();
  await talk.until("Twilio is asked again", () => talk.rig.rest.requests.length === 2);
  const report = await talk.over();
  const tookMs = talk.rig.clock.now() - askedMs - talk.stoodStillMs(askedMs);
  assert.ok(tookMs < HEDGE_AFTER_MS + SLACK_MS, `${tookMs} ms`);
  assert.deepEqual(report.dialled.map(({ number }) => number), [desk.number]);
  assert.ok(talk.rig.log.names.includes("tool_finished"));
});

test("a caller whose transfer hangs hears a word, and then that it did not work", async () => {
  await using talk = await Talk.start({
    business: { transfers: [desk] },
    emulator: {
      agent: sessions([say(GREETING), call("transfer_call", { target: "desk" }), say(AGAIN), say(ANSWER)]),
    },
  });
  talk.rig.rest.failNext("timeout", 2);
  await talk.speakAfterGreeting();
  await talk.until("Twilio is asked", () => talk.rig.rest.requests.length === 1);
  const askedMs = talk.rig.clock.now();
  await talk.hears(AGAIN);
  const wordMs = talk.rig.clock.now() - askedMs - talk.stoodStillMs(askedMs);
  assert.ok(wordMs < SLOW_CONTROL_MS + SLACK_MS, `a word after ${wordMs} ms`);
  await talk.hears(ANSWER);
  await talk.hangUp();
});

test("a hang-up that hangs ends the call all the same", async () => {
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING), call("end_call")]) },
  });
  talk.rig.rest.failNext("timeout", 2);
  await talk.speakAfterGreeting();
  await talk.until("Twilio is asked", () => talk.rig.rest.requests.length === 1);
  const askedMs = talk.rig.clock.now();
  await talk.until("the call ended", () => talk.rig.app.calls.active === 0);
  const tookMs = talk.rig.clock.now() - askedMs - talk.stoodStillMs(askedMs);
  assert.ok(tookMs < HANG_UP_WITHIN_MS + SLACK_MS, `${tookMs} ms`);
  const report = await talk.over();
  assert.deepEqual(report.said, [], "and no fallback follows");
  assert.equal(talk.rig.ended[0].reason, "agent_hung_up");
});

test("a hang-up that Twilio refuses ends the call all the same, by the end of its stream", async () => {
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING), call("end_call")]) },
  });
  talk.rig.rest.failNext({ status: 400, code: 20001 }, 5);
  await talk.speakAfterGreeting();
  const report = await talk.over();
  assert.deepEqual(report.said, [], "and no fallback follows");
  assert.equal(talk.rig.ended[0].reason, "agent_hung_up");
  assert.equal(talk.rig.log.names.filter((name) => name === "hang_up_refused").length, 1);
});

test("a key's transfer that hangs: a word, then that it did not work, and the talk goes on", async () => {
  await using talk = await Talk.start({
    business: { transfers: [desk], keys: { "#": { action: "transfer", target: "desk" } } },
    emulator: { agent: sessions([say(GREETING), say(AGAIN), say(ANSWER)]) },
  });
  talk.rig.rest.failNext("timeout", 2);
  await talk.hears(GREETING);
  await talk.hearsOut();
  talk.caller.press("#");
  await talk.hears(AGAIN);
  await talk.hears(ANSWER);
  assert.ok(talk.rig.log.names.includes("transfer_failed"));
  await talk.hangUp();
});
