import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { hasTone } from "../../src/lab/call/tone_detector.ts";
import { RESUME_LINES } from "../../src/call/conversation/instructions.ts";
import type { Failure } from "../../src/lab/openai/failures/failure_script.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { ANSWER, asked, GREETING, QUICK, say, sessions } from "../support/talk.ts";
import { CALLED, CALLER } from "../support/webhook_rig.ts";
import { eventually } from "../support/eventually.ts";

const test = sideBySide("a message for an answering machine");

const MESSAGE_MS = 2_000;
/** What a machine does once its greeting is over. */
const BEEP = CallerSpeech.tone(1_000, 500, 16_000);

/** Places a call that a machine answers; it beeps while the message is said. */
async function messageLeft(script: Failure[] = []) {
  await using rig = await BridgeRig.start({
    business: {
      ...QUICK,
      numbers: [CALLED],
      outbound: { ...DEFAULT_BUSINESS.outbound, to: ["own country"] },
    },
    emulator: { agent: sessions([say(GREETING, MESSAGE_MS)], [say(ANSWER, MESSAGE_MS)]), script },
    called: { answeredBy: "machine_end_beep", onAnswered: ({ speech }) => speech.say(BEEP) },
  });
  const answer = await rig.get("/calls", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ to: CALLER, machineDetection: "leave_message" }),
  });
  assert.equal(answer.status, 201, await answer.text());
  const [call] = rig.placed;
  await call.ended;
  await eventually("the call is over", () => rig.app.calls.active === 0);
  const updates = rig.rest.requests.filter(({ form }) => form.Status !== undefined).map(({ form }) => form);
  return {
    call,
    updates,
    sessions: rig.emulator.sessions,
    totalCalls: (await rig.memory()).totalCalls,
    heard: call.caller!.player.heard(rig.clock.now()),
  };
}

test("a machine gets the whole message, whatever it beeps, and is hung up on", async () => {
  const { call, updates, heard, totalCalls, sessions: [session] } = await messageLeft();
  assert.ok(heard.length / 8 >= MESSAGE_MS - 5, `${heard.length / 8} ms`);
  assert.equal(call.caller!.player.clears.length, 0);
  assert.deepEqual(updates, [{ Status: "completed" }]);
  assert.equal(totalCalls, 1);
  const lines = asked(session);
  assert.equal(lines.length, 1, "nothing but the message is said");
  assert.ok(lines[0]?.includes(RESUME_LINES.answering_machine));
  assert.deepEqual(call.problems, []);
});

test("a message that breaks off with the connection to the model is finished, and the call ends", async () => {
  const script: Failure[] = [{ failure: "drop", at: { on: "audio", afterMs: 500 }, sessions: 1 }];
  const { updates, heard, sessions: [, second] } = await messageLeft(script);
  assert.ok(hasTone(heard, GREETING) && hasTone(heard, ANSWER));
  assert.ok(heard.length / 8 >= MESSAGE_MS - 5);
  assert.equal(asked(second).length, 1);
  assert.deepEqual(updates, [{ Status: "completed" }]);
});
