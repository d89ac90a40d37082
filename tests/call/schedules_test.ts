import assert from "node:assert/strict";
import fc from "fast-check";
import { PcmuEngine } from "../../src/audio/pcmu_engine.ts";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { CallSession, type CallSummary } from "../../src/call/call_session.ts";
import { EndedCalls } from "../../src/call/control/ended_calls.ts";
import { sessionRequest } from "../../src/call/conversation/session_request.ts";
import { SuspendedCalls } from "../../src/call/control/suspended_calls.ts";
import { CONTROL_TIMEOUT_MS } from "../../src/call/tools/control_timeout.ts";
import { endCall } from "../../src/call/tools/end_call.ts";
import type { Tool } from "../../src/call/tools/tool.ts";
import { WebhookUrls } from "../../src/call/control/webhook_urls.ts";
import { RealtimeSession } from "../../src/realtime/realtime_session.ts";
import { Metrics } from "../../src/telemetry/metrics/metrics.ts";
import { MediaStream } from "../../src/twilio/media_stream.ts";
import { after, type Clock, sleep } from "../../src/util/clock.ts";
import { CountedClock } from "../support/counted_clock.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { ModelOpenAi, type Plan } from "../support/model_openai.ts";
import { ModelTwilio, type RestOutcome } from "../support/model_twilio.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { ACCOUNT_SID, CALL_SID } from "../support/stream_messages.ts";

const RUNS = 200;
const SEED = 2_026;
/** Time moves in steps of this length, with all promises run in between. */
const STEP_MS = 25;
const MAX_CALL_MS = 40_000;
/** After the longest time of a call: a goodbye that fails, what is still to be heard, and Twilio's answer. */
const LEAVES_WITHIN_MS = 45_000;
/** The model asked to hang up: what it said must be heard first, and answers that were under way. */
const HANGS_UP_WITHIN_MS = 66_000;
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

interface Schedule {
  openAiDelayMs: number;
  twilioDelayMs: number;
  restMs: number;
  outcomes: RestOutcome[];
  isGreetingInterruptible: boolean;
  minInterruptionMs: number;
  plans: Plan[];
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
  plans: fc.array(plan, { minLength: 1, maxLength: 12 }),
  happenings: fc.array(happening, { minLength: 1, maxLength: 30 }),
});

/** A call between a modelled OpenAI and a modelled Twilio; everything between the two is the program's own. */
class ScheduledCall {
  readonly clock = new ManualClock();
  /** The models' own deadlines, such as marks that wait for their audio, do not count as the program's. */
  readonly modelClock = new CountedClock(this.clock);
  readonly log = new RecordingLog();
  readonly engine = new PcmuEngine();
  readonly openAi: ModelOpenAi;
  readonly twilio: ModelTwilio;
  readonly errors: unknown[] = [];
  readonly ended: CallSummary[] = [];
  endedAtMs = Infinity;

  constructor(schedule: Schedule) {
    const { clock } = this;
    this.openAi = new ModelOpenAi(this.modelClock, schedule.plans, schedule.openAiDelayMs);
    this.twilio = new ModelTwilio(this.modelClock, { ...schedule, delayMs: schedule.twilioDelayMs });
    this.twilio.onClear = () => {
      for (let number = 1; number <= this.openAi.toldResponse; number++) this.twilio.cutOff(number);
    };
    const business = businessOf(schedule);
    const tools = toolsOn(this.modelClock);
    new MediaStream(
      this.twilio,
      clock,
      (_start, stream) =>
        Promise.resolve(
          new CallSession(
            stream,
            {
              callSid: CALL_SID,
              accountSid: ACCOUNT_SID,
              from: "+15550100001",
              to: "+15550100000",
              business,
            },
            {
              clock,
              log: this.log,
              engine: this.engine,
              metrics: new Metrics(),
              playback: { leadMs: 10_000, bufferMs: 120_000 },
              appendMs: () => 20,
              toolsOf: () => tools,
              openRealtime: (_callSid, _business, handler) =>
                new RealtimeSession({
                  open: () => this.openAi.open(),
                  session: sessionRequest(business, "pcmu", "gpt-realtime", tools),
                  clock,
                }, handler),
              updateCall: (_account, _call, change) => this.twilio.update(change),
              costOf: () => undefined,
              urls: new WebhookUrls("https://voice.test"),
              ended: new EndedCalls(() => clock.now()),
              suspended: new SuspendedCalls(() => clock.now()),
            },
            (summary) => {
              this.ended.push(summary);
              this.endedAtMs = Math.min(this.endedAtMs, clock.now());
            },
          ),
        ),
      {
        onViolation: ({ code }) => this.errors.push(code),
        onHandlerError: (error) => this.errors.push(error),
      },
    );
  }

  get isOver(): boolean {
    return this.ended.length > 0;
  }

  async run(ms: number, until: () => boolean = () => false): Promise<void> {
    const endMs = this.clock.now() + ms;
    while (this.clock.now() < endMs && !until()) {
      this.clock.advance(Math.min(STEP_MS, endMs - this.clock.now()));
      await settle();
    }
  }

  async happen(happening: Happening): Promise<void> {
    switch (happening.event) {
      case "wait":
        return await this.run(happening.ms);
      case "speak": {
        // The end of the turn comes whether or not the rest of the schedule goes on meanwhile.
        const { session } = this.openAi;
        session?.speechStarted();
        after(this.modelClock, happening.ms, () => session?.speechStopped());
        return await this.run(50);
      }
      case "press":
        return this.twilio.press(happening.digit);
      case "drop":
        return this.openAi.session?.drop();
      case "refuse":
        this.openAi.refusals = happening.times;
        return;
      case "leave":
        return this.twilio.end(happening.how);
    }
  }
}

function businessOf({ isGreetingInterruptible, minInterruptionMs }: Schedule): Business {
  return {
    ...DEFAULT_BUSINESS,
    greeting: { instructions: "Greet.", isInterruptible: isGreetingInterruptible },
    turns: { ...DEFAULT_BUSINESS.turns, minInterruptionMs },
    keys: {
      "#": { action: "hang_up" },
      "*": { action: "transfer", target: "sales" },
      "0": { action: "say", text: "The caller wants a person." },
    },
    transfers: [
      {
        name: "sales",
        description: "",
        number: "+15550100777",
        announcement: "",
        whisper: "",
        ringSeconds: 20,
      },
    ],
    time: {
      silencePromptAfterMs: 8_000,
      silenceGoodbyeAfterMs: 6_000,
      maxCallMs: MAX_CALL_MS,
      warnBeforeEndMs: 10_000,
      answerWithinMs: 3_000,
    },
  };
}

function toolsOn(clock: Clock): Tool[] {
  const tool = (name: string, run: Tool["run"]): Tool => ({
    name,
    description: name,
    parameters: { type: "object", properties: {} },
    timeoutMs: 5_000,
    run,
  });
  return [
    tool("fast", () => Promise.resolve({ output: "done", wantsResponse: true })),
    tool("slow", () => sleep(clock, 2_500).then(() => ({ output: "done", wantsResponse: true }))),
    tool("failing", () => Promise.reject(new Error("no"))),
    tool("stuck", () => new Promise(() => {})),
    endCall,
  ];
}

async function play(schedule: Schedule): Promise<ScheduledCall> {
  const call = new ScheduledCall(schedule);
  call.twilio.connect();
  await settle();
  for (const happening of schedule.happenings) {
    await call.happen(happening);
    await settle();
    if (call.isOver) break;
  }
  // Then nobody does anything any more: the call must come to its end by itself.
  await call.run(MAX_CALL_MS + LEAVES_WITHIN_MS, () => call.isOver);
  await call.run(FADES_WITHIN_MS);
  return call;
}

function assertRight(call: ScheduledCall): void {
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
  // Each call of a tool has one output, unless the telephone call was over first.
  const unanswered = openAi.calls.filter(({ outputs, isInHistory }) => outputs === 0 && !isInHistory);
  for (const { callId, outputs } of openAi.calls) assert.ok(outputs <= 1, `${callId} has ${outputs} outputs`);
  const overdue = unanswered.filter(({ name, toldAtMs }) =>
    toldAtMs + (name === "end_call" ? HANG_UP_OUTPUT_WITHIN_MS : OUTPUT_WITHIN_MS) < call.endedAtMs
  );
  assert.ok(overdue.length <= openAi.toldResults, `${overdue.length} calls of tools have no output`);
}

Deno.test("A call keeps its rules in 200 random schedules: one response at a time, an output for each tool, one end", async () => {
  const seen = { ended: new Map<string, number>(), calls: 0, responses: 0, clears: 0, sessions: 0 };
  await fc.assert(
    fc.asyncProperty(schedule, async (schedule) => {
      const call = await play(schedule);
      assertRight(call);
      const { reason } = call.ended[0];
      seen.ended.set(reason, (seen.ended.get(reason) ?? 0) + 1);
      seen.calls += call.openAi.calls.length;
      seen.responses += call.openAi.responses;
      seen.clears += call.twilio.player.clears.length;
      seen.sessions += call.openAi.sessions.length;
    }),
    { seed: SEED, numRuns: RUNS },
  );
  // The schedules are worth something only while they reach everything.
  const { calls, responses, clears, sessions } = seen;
  assert.ok(calls > 3 * RUNS && responses > 5 * RUNS && clears > RUNS / 3 && sessions > 1.2 * RUNS);
  assert.deepEqual([...seen.ended.keys()].sort(), [
    "agent_hung_up",
    "agent_lost",
    "caller_hung_up",
    "stream_lost",
    "transferred",
  ]);
});
