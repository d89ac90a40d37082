import assert from "node:assert/strict";
import { MAX_STALLED_SESSIONS } from "../../src/call/conversation/handover.ts";
import { MAX_FAILED_CONNECTS } from "../../src/call/conversation/realtime_link.ts";
import { SESSION_STALLED_AFTER_MS } from "../../src/call/uplink.ts";
import { SESSION_CLOGGED_BYTES } from "../../src/model/openai/realtime_session.ts";
import { settle } from "../support/microtasks.ts";
import { ModelCall, type ModelCallOptions } from "../support/model_call.ts";

/** The next session is opened after two thirds of a session's life. */
const LIFE_MS = 12_000;
const ROTATES_AT_MS = 8_000;

const CALM: ModelCallOptions = {
  openAiDelayMs: 20,
  twilioDelayMs: 20,
  restMs: 20,
  outcomes: ["updated"],
  isGreetingInterruptible: true,
  minInterruptionMs: 0,
  plans: [{ does: "answer", speechMs: 800, calls: [], lateDeltas: 0 }],
  sessionLifeMs: LIFE_MS,
  turnMs: 0,
};

async function talking(options: Partial<ModelCallOptions> = {}): Promise<ModelCall> {
  const call = new ModelCall({ ...CALM, ...options });
  call.twilio.connect();
  await settle();
  return call;
}

/** Whether sessions are open, oldest first. */
function open({ openAi: { sessions } }: ModelCall): boolean[] {
  return sessions.map(({ readyState }) => readyState === 1);
}

/** The session that talks to the call takes no audio any more, and its successor is there. */
async function stall(call: ModelCall): Promise<void> {
  call.openAi.session!.bufferedAmount = 2 * SESSION_CLOGGED_BYTES;
  await call.run(SESSION_STALLED_AFTER_MS + 1_500);
}

async function over(call: ModelCall): Promise<void> {
  assert.deepEqual([call.openAi.violations, call.openAi.expired], [[], 0]);
  call.twilio.end("stop_and_close");
  await call.run(1_000);
  assert.ok(call.isOver);
}

Deno.test("a session is changed in a pause, long before it expires", async () => {
  const call = await talking();
  await call.run(ROTATES_AT_MS);
  assert.deepEqual(open(call), [true]);
  await call.run(500);
  assert.deepEqual([open(call), call.rotations], [[false, true], 1]);
  await over(call);
});

Deno.test("a session that owes an answer is not changed before it has given it, and it was heard", async () => {
  const call = await talking({ turnMs: 700 });
  await call.run(ROTATES_AT_MS - 500);
  call.speak(400);
  // The turn is over, its answer has not begun, and the next session is ready.
  await call.run(900);
  assert.deepEqual([open(call), call.openAi.responses], [[true, true], 1]);
  await call.run(700);
  assert.deepEqual([open(call), call.openAi.responses], [[true, true], 2], "the answer is heard");
  await call.run(900);
  assert.deepEqual([open(call), call.rotations], [[false, true], 1]);
  assert.equal(call.twilio.player.playedBytes(call.clock.now()), 2 * 800 * 8, "greeting and answer, whole");
  await over(call);
});

Deno.test("a session whose tool is at work is not changed before its result was told, and heard", async () => {
  const call = await talking({
    plans: [
      { does: "answer", speechMs: 800, calls: [], lateDeltas: 0 },
      { does: "answer", speechMs: 0, calls: ["slow"], lateDeltas: 0 },
      { does: "answer", speechMs: 400, calls: [], lateDeltas: 0 },
    ],
  });
  await call.run(ROTATES_AT_MS - 2_500);
  call.speak(400);
  await call.run(3_000);
  assert.deepEqual([open(call), call.openAi.calls.map(({ outputs }) => outputs)], [[true, true], [0]]);
  await call.run(1_400);
  assert.deepEqual([open(call), call.openAi.calls.map(({ outputs }) => outputs)], [[false, true], [1]]);
  assert.deepEqual(call.openAi.calls.map(({ isToldAsText }) => isToldAsText), [false], "a function's output");
  await over(call);
});

Deno.test("a session that finds no pause is changed before it expires all the same", async () => {
  const call = await talking({ plans: [{ does: "answer", speechMs: 15_000, calls: [], lateDeltas: 0 }] });
  await call.run(LIFE_MS);
  assert.equal(call.openAi.sessions[0].readyState, 3);
  assert.ok(call.log.names.includes("agent_down"));
  await over(call);
});

Deno.test("a call is given up after sessions that stalled one after another", async () => {
  const call = await talking({ sessionLifeMs: Infinity });
  await call.run(2_000);
  for (let stalls = 0; stalls < MAX_STALLED_SESSIONS; stalls++) {
    assert.equal(call.isOver, false);
    await stall(call);
  }
  assert.deepEqual(call.ended.map(({ reason }) => reason), ["agent_lost"]);
});

Deno.test("a call goes on after as many sessions that stalled, where the caller was heard in between", async () => {
  const call = await talking({ sessionLifeMs: Infinity });
  await call.run(2_000);
  for (let stalls = 0; stalls < MAX_STALLED_SESSIONS; stalls++) {
    await stall(call);
    call.speak(400);
    await call.run(2_000);
  }
  assert.equal(call.openAi.sessions.length, MAX_STALLED_SESSIONS + 1);
  await over(call);
});

Deno.test("a call that OpenAI is lost to while Twilio is asked for a transfer has been transferred", async () => {
  const call = await talking({ restMs: 10_000 });
  await call.run(2_000);
  call.twilio.press("*");
  await call.run(500);
  call.openAi.refusals = MAX_FAILED_CONNECTS;
  call.openAi.session?.drop();
  await call.run(5_000, () => call.isOver);
  assert.ok(call.log.names.includes("agent_lost"));
  assert.deepEqual(call.ended.map(({ reason, error }) => [reason, error]), [["transferred", undefined]]);
});

Deno.test("what all sessions of a call sent and was not understood is told when the call ends", async () => {
  const call = await talking();
  await call.run(1_000);
  call.openAi.session!.deliver({ type: "weather.changed" });
  call.openAi.session!.deliver("{");
  await call.run(ROTATES_AT_MS - 500);
  assert.equal(call.rotations, 1);
  call.openAi.session!.deliver({ type: "weather.changed" });
  await over(call);
  const ended = call.log.events.find(({ event }) => event === "call_ended")!.attributes;
  assert.deepEqual([ended.unknownEvents, ended.malformedEvents, ended.malformedMessages], [2, 1, undefined]);
});
