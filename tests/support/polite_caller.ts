import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { settle } from "./microtasks.ts";
import { ModelCall, type ModelCallOptions } from "./model_call.ts";
import type { ModelEvent, ModelSession, Plan } from "./model_openai.ts";

/** How long the caller speaks, and thinks before it. */
const TURN_MS = 1_500;
const THINK_MS = 1_000;
const TURNS = 4;
/** A talk of so many turns takes less, whatever happens to it. */
const TALK_MS = 90_000;

/** What the model does in such a talk: short and long answers, a function, an MCP server. */
const PLANS: readonly Plan[] = [
  { does: "answer", speechMs: 1_200, calls: [], lateDeltas: 0 },
  { does: "answer", speechMs: 800, calls: ["fast"], lateDeltas: 0 },
  { does: "answer", speechMs: 3_000, calls: [], lateDeltas: 0 },
  { does: "answer", speechMs: 600, calls: ["mcp"], lateDeltas: 0 },
  { does: "answer", speechMs: 1_500, calls: [], lateDeltas: 0 },
];

/** Changes or loses an event: the `index`th of all that were sent in the talk. */
export type Tamper = (event: ModelEvent, index: number, session: ModelSession) => unknown;

/** A talk at default settings with a caller who answers each answer, and who hangs up after the last. */
export class PoliteCall {
  readonly call: ModelCall;
  /** Turns in which the caller spoke, from when to when. */
  readonly turns: { fromMs: number; toMs: number }[] = [];
  /** Kinds of events that were sent, in order. */
  readonly sent: string[] = [];

  /** @param maxTurns after which the caller hangs up; 0 for one who never speaks, nor hangs up */
  constructor(tamper: Tamper, readonly maxTurns: number, options: Partial<ModelCallOptions> = {}) {
    this.call = new ModelCall({
      openAiDelayMs: 20,
      twilioDelayMs: 50,
      restMs: 100,
      outcomes: ["updated"],
      isGreetingInterruptible: true,
      minInterruptionMs: 0,
      sessionLifeMs: Infinity,
      turnMs: 300,
      plans: PLANS,
      isTalkative: true,
      time: DEFAULT_BUSINESS.time,
      ...options,
    });
    this.call.openAi.tamper = (event, session) => tamper(event, this.sent.push(event.type) - 1, session);
  }

  static async run(
    tamper: Tamper = (event) => event,
    { turns = TURNS, ...options }: { turns?: number } & Partial<ModelCallOptions> = {},
  ): Promise<PoliteCall> {
    const talk = new PoliteCall(tamper, turns, options);
    await talk.run();
    return talk;
  }

  /** From the first word to the last, and until all is written down. */
  async run(): Promise<void> {
    const { call } = this;
    call.twilio.connect();
    await settle();
    await call.run(TALK_MS, () => this.#goOn());
    if (!call.isOver) call.twilio.end("stop_and_close");
    await call.run(10_000);
  }

  /** The longest time in which nobody was heard, in milliseconds, and when it began. */
  get longestSilence(): { ms: number; fromMs: number } {
    const sounds = [...this.call.twilio.sounds, ...this.turns].sort((a, b) => a.fromMs - b.fromMs);
    let untilMs = 0;
    let longest = { ms: 0, fromMs: 0 };
    for (const { fromMs, toMs } of [...sounds, { fromMs: this.call.endedAtMs, toMs: Infinity }]) {
      if (fromMs - untilMs > longest.ms) longest = { ms: fromMs - untilMs, fromMs: untilMs };
      untilMs = Math.max(untilMs, toMs);
    }
    return longest;
  }

  /** Returns true at the end of the talk. */
  #goOn(): boolean {
    const { call, turns } = this;
    if (call.isOver) return true;
    if (this.maxTurns === 0) return false;
    const now = call.clock.now();
    const last = call.twilio.sounds.findLast(({ isVoice }) => isVoice);
    const turn = turns.at(-1);
    const isHeard = last !== undefined && last.toMs + THINK_MS <= now && last.toMs > (turn?.toMs ?? 0);
    if (!isHeard) return false;
    if (turns.length === this.maxTurns) {
      call.twilio.end("stop_and_close");
      return true;
    }
    call.speak(TURN_MS);
    turns.push({ fromMs: now, toMs: now + TURN_MS });
    return false;
  }
}
