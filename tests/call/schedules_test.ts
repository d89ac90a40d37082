import assert from "node:assert/strict";
import fc from "fast-check";
import { STOP_WITHIN_MS } from "../../src/carrier/twilio/call_control.ts";
import { CONTROL_TIMEOUT_MS } from "../../src/call/tools/control_tools.ts";
import { settle } from "../support/microtasks.ts";
import { MAX_CALL_MS, ModelCall, type ModelCallOptions } from "../support/model_call.ts";
import type { Plan } from "../support/model_openai.ts";
import type { RestOutcome } from "../support/model_twilio.ts";

const RUNS = 200;
const SEED = 2_026;
/** After the longest time of a call: a goodbye that fails, what is still to be heard, and Twilio's answer. */
const LEAVES_WITHIN_MS = 45_000;
/** The model asked to hang up: what it said must be heard first, and answers that were under way. */
const HANGS_UP_WITHIN_MS = 66_000;
/** From a key that hangs up to the way out. A goodbye that is not to be had is no reason to stay longer. */
const KEY_HANGS_UP_WITHIN_MS = 22_000;
/**
 * From a key that transfers to the request to Twilio, before which nothing need be heard; or to the end of a stream that
 * Twilio leaves open although the call has left.
 */
const KEY_TRANSFERS_WITHIN_MS = STOP_WITHIN_MS + 1_000;
/** Everything that a call waits for without being there any more, such as a confirmation. */
const FADES_WITHIN_MS = 10_000;
/** A tool has its output by then, and a session that was lost meanwhile has been replaced. */
const OUTPUT_WITHIN_MS = 15_000;
/** Hanging up waits until all was heard. */
const HANG_UP_OUTPUT_WITHIN_MS = CONTROL_TIMEOUT_MS + 1_000;

/** One thing that happens. */
type Happening =
  | { event: "wait"; ms: number }
  | { event: "speak"; ms: number }
  | { event: "press"; digit: string }
  | { event: "drop" }
  | { event: "refuse"; times: number }
  | { event: "leave"; how: "stop" | "close" | "stop_and_close" };

interface Schedule extends ModelCallOptions {
  happenings: Happening[];
}

const plan: fc.Arbitrary<Plan> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant("answer" as const),
      speechMs: fc.constantFrom(0, 800, 4_000, 12_000),
      calls: fc.array(fc.constantFrom("fast", "fast", "slow", "failing", "stuck", "unknown"), {
        maxLength: 3,
      }),
      lateDeltas: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("answer" as const),
      speechMs: fc.constantFrom(0, 1_500),
      calls: fc.constant(["end_call"]),
      lateDeltas: fc.constant(1),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Plan>({ does: "nothing" }) },
  { weight: 1, arbitrary: fc.constant<Plan>({ does: "fail", code: "server_error" }) },
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({ event: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 2_500 }) }),
  },
  {
    weight: 20,
    arbitrary: fc.record({ event: fc.constant("speak" as const), ms: fc.integer({ min: 20, max: 1_500 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ event: fc.constant("press" as const), digit: fc.constantFrom("1", "2", "0") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ event: fc.constant("press" as const), digit: fc.constantFrom("#", "*") }),
  },
  { weight: 5, arbitrary: fc.constant<Happening>({ event: "drop" }) },
  {
    weight: 2,
    arbitrary: fc.record({ event: fc.constant("refuse" as const), times: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constant("leave" as const),
      how: fc.constantFrom("stop" as const, "close" as const, "stop_and_close" as const),
    }),
  },
);

const schedule: fc.Arbitrary<Schedule> = fc.record({
  openAiDelayMs: fc.constantFrom(1, 20, 120),
  twilioDelayMs: fc.constantFrom(1, 75, 150),
  restMs: fc.constantFrom(20, 400, 3_000),
  outcomes: fc.array(
    fc.constantFrom<RestOutcome>("updated", "updated", "updated_without_stop", "gone", "refused"),
    { minLength: 1, maxLength: 4 },
  ),
  isGreetingInterruptible: fc.boolean(),
  minInterruptionMs: fc.constantFrom(0, 0, 300),
  sessionLifeMs: fc.constantFrom(Infinity, 9_000, 20_000),
  turnMs: fc.constantFrom(0, 300),
  plans: fc.array(plan, { minLength: 1, maxLength: 12 }),
  happenings: fc.array(happening, { minLength: 1, maxLength: 30 }),
});

async function happen(call: ModelCall, happening: Happening): Promise<void> {
  const { openAi, twilio } = call;
  switch (happening.event) {
    case "wait":
      return await call.run(happening.ms);
    case "speak":
      call.speak(happening.ms);
      return await call.run(50);
    case "press":
      return twilio.press(happening.digit);
    case "drop":
      return openAi.session?.drop();
    case "refuse":
      openAi.refusals = happening.times;
      return;
    case "leave":
      return twilio.end(happening.how);
  }
}

async function play(schedule: Schedule): Promise<ModelCall> {
  const call = new ModelCall(schedule);
  call.twilio.connect();
  await settle();
  for (const happening of schedule.happenings) {
    await happen(call, happening);
    await settle();
    if (call.isOver) break;
  }
  // Then nobody does anything any more: the call must come to its end by itself.
  await call.run(MAX_CALL_MS + LEAVES_WITHIN_MS, () => call.isOver);
  await call.run(FADES_WITHIN_MS);
  return call;
}

function assertRight(call: ModelCall): void {
  const { openAi, twilio } = call;
  assert.deepEqual(call.errors, []);
  assert.deepEqual([...openAi.violations, ...twilio.violations], []);
  // Nothing is left open.
  assert.equal(call.ended.length, 1, "the call ends, once");
  assert.equal(call.clock.pending, call.modelClock.pending, "no deadline is left");
  assert.equal(call.engine.openCount, 0);
  assert.equal(twilio.listenerCount, 0);
  for (const session of openAi.sessions) {
    assert.equal(session.listenerCount, 0, "no session is listened to");
    assert.equal(session.readyState, 3, "no session is left open");
  }
  // One way out, taken once.
  assert.ok(twilio.hangUps + twilio.transfers <= 1);
  for (const asked of openAi.calls.filter(({ name, isCalledOff }) => name === "end_call" && !isCalledOff)) {
    assert.ok(call.endedAtMs <= asked.toldAtMs + HANGS_UP_WITHIN_MS, "what the model hung up is hung up");
  }
  // A key is heard at once, or by the request that is under way; and what it asks for is not called off.
  for (const { atMs, digit } of twilio.pressed) {
    if (digit !== "#" && digit !== "*") continue;
    const requestsMs = twilio.asked.map((asked) => asked.atMs).filter((askedMs) =>
      askedMs >= atMs - call.options.restMs
    );
    const tookMs = Math.min(call.endedAtMs, ...requestsMs) - atMs;
    assert.ok(
      tookMs <= (digit === "#" ? KEY_HANGS_UP_WITHIN_MS : KEY_TRANSFERS_WITHIN_MS),
      `${digit} takes ${tookMs} ms`,
    );
  }
  // Each call of a tool has one output, unless the telephone call was over first.
  const unanswered = openAi.calls.filter(({ outputs, isInHistory, isToldAsText }) =>
    outputs === 0 && !isInHistory && !isToldAsText
  );
  for (const { callId, outputs } of openAi.calls) assert.ok(outputs <= 1, `${callId} has ${outputs} outputs`);
  const overdue = unanswered.filter(({ name, toldAtMs }) =>
    toldAtMs + (name === "end_call" ? HANG_UP_OUTPUT_WITHIN_MS : OUTPUT_WITHIN_MS) < call.endedAtMs
  );
  assert.deepEqual(overdue.map(({ callId }) => callId), [], "calls of tools without an output");
}

Deno.test("A call keeps its rules in 200 random schedules: one response at a time, an output for each tool, one end", async () => {
  const seen = {
    ended: new Map<string, number>(),
    calls: 0,
    responses: 0,
    clears: 0,
    sessions: 0,
    rotations: 0,
    calledOff: 0,
    keys: 0,
    toldAsText: 0,
  };
  await fc.assert(
    fc.asyncProperty(schedule, async (schedule) => {
      const call = await play(schedule);
      assertRight(call);
      const wasRefused = schedule.happenings.some(({ event }) => event === "refuse");
      assert.ok(call.openAi.expired === 0 || wasRefused, "sessions are changed before they expire");
      const { reason } = call.ended[0];
      seen.ended.set(reason, (seen.ended.get(reason) ?? 0) + 1);
      seen.calls += call.openAi.calls.length;
      seen.responses += call.openAi.responses;
      seen.clears += call.twilio.player.clears.length;
      seen.sessions += call.openAi.sessions.length;
      seen.rotations += call.rotations;
      seen.calledOff += call.openAi.calls.filter(({ isCalledOff }) => isCalledOff).length;
      seen.keys += call.twilio.pressed.filter(({ digit }) => "#*".includes(digit)).length;
      seen.toldAsText += call.openAi.calls.filter(({ isToldAsText }) => isToldAsText).length;
    }),
    { seed: SEED, numRuns: RUNS },
  );
  // The schedules are worth something only while they reach everything.
  const { calls, responses, clears, sessions, rotations, calledOff, keys, toldAsText } = seen;
  assert.ok(calls > 3 * RUNS && responses > 5 * RUNS && clears > RUNS / 3 && sessions > 1.2 * RUNS);
  assert.ok(rotations > RUNS / 3 && calledOff > 0 && keys > RUNS / 10 && toldAsText > 0);
  assert.deepEqual([...seen.ended.keys()].sort(), [
    "agent_hung_up",
    "agent_lost",
    "caller_hung_up",
    "limit_reached",
    "stream_lost",
    "transferred",
  ]);
});
