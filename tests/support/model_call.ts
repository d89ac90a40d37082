import { Reconnects } from "../../src/model/reconnects.ts";
import { PcmuEngine } from "../../src/audio/pcmu_engine.ts";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { CallServices } from "../../src/call/call_services.ts";
import { CallSession } from "../../src/call/call_session.ts";
import type { CallSummary } from "../../src/call/call_summary.ts";
import { EndedCalls } from "../../src/call/ended_calls.ts";
import { SuspendedCalls } from "../../src/call/suspended_calls.ts";
import { sessionTerms } from "../../src/call/conversation/instructions.ts";
import { type CallControlServices, TwilioCallControl } from "../../src/carrier/twilio/call_control.ts";
import { WebhookUrls } from "../../src/carrier/twilio/webhook_urls.ts";
import { sessionRequest } from "../../src/model/openai/session_request.ts";
import { endCall, transferCall } from "../../src/call/tools/control_tools.ts";
import type { Tool } from "../../src/call/tools/tool.ts";
import { RealtimeSession } from "../../src/model/openai/realtime_session.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import { MediaStream } from "../../src/carrier/twilio/media_stream.ts";
import { after, type Clock, sleep, type Timer } from "../../src/util/clock.ts";
import { ManualClock } from "./manual_clock.ts";
import { settle } from "./microtasks.ts";
import { ModelOpenAi, type ModelOpenAiOptions } from "./model_openai.ts";
import { ModelTwilio, type RestOutcome } from "./model_twilio.ts";
import { RecordingLog } from "./recording_log.ts";
import { ACCOUNT_SID, CALL_SID } from "./stream_messages.ts";

/** Another face of a clock, which counts the deadlines set through it: those of a test's own models, say. */
class CountedClock implements Clock {
  pending = 0;

  constructor(readonly inner: Clock) {}

  now(): number {
    return this.inner.now();
  }

  awake(): number {
    return this.inner.awake();
  }

  epoch(): number {
    return this.inner.epoch();
  }

  at(deadlineMs: number, run: () => void, slackMs?: number): Timer {
    let isPending = true;
    const done = () => {
      if (isPending) this.pending--;
      isPending = false;
    };
    this.pending++;
    const timer = this.inner.at(deadlineMs, () => {
      done();
      run();
    }, slackMs);
    return {
      cancel: () => {
        done();
        timer.cancel();
      },
    };
  }
}

/** Time moves in steps of this length, with all promises run in between. */
const STEP_MS = 25;
/** Longest duration of a call. */
export const MAX_CALL_MS = 40_000;

/** How the two models behave, and the business. */
export interface ModelCallOptions extends Omit<ModelOpenAiOptions, "delayMs"> {
  /** One way. */
  openAiDelayMs: number;
  /** One way. */
  twilioDelayMs: number;
  /** How long Twilio takes to answer a request. */
  restMs: number;
  /** What becomes of requests to change the call, in turn. */
  outcomes: readonly RestOutcome[];
  isGreetingInterruptible: boolean;
  minInterruptionMs: number;
  /** Of the business. Default: none is named. */
  language?: string;
  /** In place of limits that come soon. */
  time?: Business["time"];
  /** Silence that voice detection waits for. Default: none. */
  silenceMs?: number;
  /** Sentences for the caller who waits. Default: there are none. */
  holdWords?: CallServices["holdWords"];
}

/** A call between a modelled OpenAI and a modelled Twilio; everything between the two is the program's own. */
export class ModelCall {
  readonly clock = new ManualClock();
  /** The models' own deadlines, such as marks that wait for their audio, do not count as the program's. */
  readonly modelClock = new CountedClock(this.clock);
  readonly log = new RecordingLog();
  readonly engine = new PcmuEngine();
  readonly openAi: ModelOpenAi;
  readonly twilio: ModelTwilio;
  /** Of the program, as soon as the stream has begun. */
  session: CallSession | undefined;
  readonly errors: unknown[] = [];
  readonly ended: CallSummary[] = [];
  endedAtMs = Infinity;

  constructor(readonly options: ModelCallOptions) {
    const { clock } = this;
    this.openAi = new ModelOpenAi(this.modelClock, { ...options, delayMs: options.openAiDelayMs });
    this.twilio = new ModelTwilio(this.modelClock, { ...options, delayMs: options.twilioDelayMs });
    this.twilio.onClear = () => {
      for (let number = 1; number <= this.openAi.toldResponse; number++) this.twilio.cutOff(number);
    };
    const business = businessOf(options);
    const tools = toolsOn(this.modelClock, business);
    const control: CallControlServices = {
      updateCall: (_account, _call, change) => this.twilio.update(change),
      urls: new WebhookUrls("https://voice.test"),
      ended: new EndedCalls(() => clock.now()),
      clock,
    };
    new MediaStream(
      this.twilio,
      clock,
      (_start, stream) =>
        Promise.resolve(
          this.session = new CallSession(
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
              metrics: new Metrics(),
              playback: { leadMs: 10_000, bufferMs: 120_000 },
              appendSize: { ms: 20 },
              toolsFor: () => tools,
              openRealtime: (_info, handler) =>
                new RealtimeSession({
                  open: () => this.openAi.open(),
                  session: sessionRequest({
                    business,
                    ...sessionTerms(business),
                    format: "pcmu",
                    model: "gpt-realtime",
                    tools,
                  }),
                  clock,
                }, handler),
              reconnects: new Reconnects(clock),
              holdWords: options.holdWords,
              openControl: (call, log) => new TwilioCallControl(control, call, log),
              callCost: () => undefined,
              book() {},
              spentLimit: () => undefined,
              suspended: new SuspendedCalls(() => clock.now()),
            },
            this.engine,
            {
              released: () => this.endedAtMs = Math.min(this.endedAtMs, clock.now()),
              ended: (summary) => this.ended.push(summary),
            },
          ),
        ),
      {
        onViolation: ({ code }) => this.errors.push(code),
        onHandlerError: (error) => this.errors.push(error),
      },
    );
  }

  /** How often the session was changed without being lost first. */
  get rotations(): number {
    const changes = this.log.names.filter((name) => name === "agent_down" || name === "agent_back");
    return changes.filter((name, i) => name === "agent_back" && changes[i - 1] !== "agent_down").length;
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

  /** The caller says something. The end of the turn comes whether or not anybody waits for it. */
  speak(ms: number, words?: string): void {
    const { session } = this.openAi;
    this.twilio.loudUntilMs = this.clock.now() + ms;
    session?.speechStarted();
    after(this.modelClock, ms + (this.options.silenceMs ?? 0), () => session?.speechStopped(words));
  }

  /** Something is to be heard of the caller's side that voice detection takes for speech, and that does not end. */
  makeNoise(ms: number): void {
    this.twilio.loudUntilMs = this.clock.now() + ms;
    this.openAi.session?.speechStarted();
  }
}

function businessOf(
  { isGreetingInterruptible, minInterruptionMs, time, language }: ModelCallOptions,
): Business {
  return {
    ...DEFAULT_BUSINESS,
    language,
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
    time: time ?? {
      silencePromptAfterMs: 8_000,
      silenceGoodbyeAfterMs: 6_000,
      maxCallMs: MAX_CALL_MS,
      warnBeforeEndMs: 10_000,
      answerWithinMs: 3_000,
      connectWithinMs: 8_000,
    },
  };
}

function toolsOn(clock: Clock, business: Business): Tool[] {
  const tool = (name: string, run: Tool["run"], timeoutMs = 5_000): Tool => ({
    name,
    description: name,
    parameters: { type: "object", properties: {} },
    timeoutMs,
    run,
  });
  const runs = new Map<unknown, number>();
  const counted = ({ id }: Record<string, unknown>) => {
    runs.set(id, (runs.get(id) ?? 0) + 1);
    const output = `run ${runs.get(id)} of ${id}`;
    return sleep(clock, 2_500).then(() => ({ output, wantsResponse: true }));
  };
  // What came of it names the call.
  const done = ({ id }: Record<string, unknown>) => ({ output: `done ${id}`, wantsResponse: true });
  return [
    tool("fast", (args) => Promise.resolve(done(args))),
    tool("slow", (args) => sleep(clock, 2_500).then(() => done(args))),
    ...[8, 20, 60].map((seconds) =>
      tool(`${seconds}_seconds`, (args) => sleep(clock, seconds * 1_000).then(() => done(args)), 70_000)
    ),
    tool("counted", counted),
    // As code of a business's own does that ends the call itself.
    tool("books_and_ends", async (args, { control }) => {
      await control.hangUp();
      return done(args);
    }),
    tool("books_and_transfers", async (args, { control }) => {
      await control.transfer(business.transfers[0]);
      return done(args);
    }),
    tool("failing", () => Promise.reject(new Error("no"))),
    tool("stuck", () => new Promise(() => {})),
    endCall,
    transferCall(business.transfers),
  ];
}
