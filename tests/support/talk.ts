import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS, type TransferTarget } from "../../src/businesses/business.ts";
import { CONTEXT_HEAD } from "../../src/call/conversation/call_context.ts";
import { hasTone } from "../../src/lab/call/tone_detector.ts";
import type { AgentFactory } from "../../src/lab/openai/agent.ts";
import { scriptedAgent, type ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { EmulatedSession } from "../../src/lab/openai/emulated_session.ts";
import type { CallReport } from "../../src/lab/twilio/call_report.ts";
import type { SimulatedCaller, SimulatedCallerOptions } from "../../src/lab/twilio/simulated_caller.ts";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { BridgeRig, type BridgeRigOptions } from "./bridge_rig.ts";
import { eventually } from "./eventually.ts";
import { StallWatch } from "./stall_watch.ts";

/** What the model says is told apart by its frequency, in Hz. */
export const GREETING = 500;
export const ANSWER = 700;
export const AGAIN = 900;
/** More than it takes to tell a tone. */
const LOOK_BACK_MS = 500;
/** What of a time may be the machine's at most: no talk is excused that took many times what it may. */
const MAX_STOOD_STILL_MS = 10_000;
/** The caller's own voice. */
const VOICE_HZ = 300;

export const FALLBACK: Business["fallback"] = {
  words: "We will call you back.",
  forwardTo: "+15550100999",
  voicemail: false,
};

/** Whom callers are put through to, at once and without a word. */
export const SALES: TransferTarget = {
  name: "sales",
  description: "Whoever sells.",
  number: "+15550100777",
  announcement: "",
  whisper: "",
  ringSeconds: 20,
};

/** A business whose turns end soon, so that tests need not wait. */
export const QUICK: Partial<Business> = {
  fallback: FALLBACK,
  turns: {
    detection: { type: "server_vad", threshold: 0.5, prefixPaddingMs: 100, silenceDurationMs: 200 },
    minInterruptionMs: 0,
    resumeAfterFalseInterruption: true,
  },
};

/** The default limits with differences. */
export function time(limits: Partial<Business["time"]>): Partial<Business> {
  return { time: { ...DEFAULT_BUSINESS.time, ...limits } };
}

/** The default tools with differences. */
export function tools(settings: Partial<Business["tools"]>): Partial<Business> {
  return { tools: { ...DEFAULT_BUSINESS.tools, ...settings } };
}

/** A reply that is a tone. */
export function say(frequencyHz: number, toneMs = 400, transcript = `(${frequencyHz} Hz)`): ScriptedReply {
  return { say: { toneMs, frequencyHz, transcript } };
}

/** A reply that calls one function. */
export function call(name: string, args: string | Record<string, unknown> = {}): ScriptedReply {
  return { call: { name, arguments: args } };
}

/** A script for each session, from the first on; the last one serves all further sessions. */
export function sessions(...scripts: ScriptedReply[][]): AgentFactory {
  const agents = scripts.map((script) => scriptedAgent(script));
  return (session) => agents[Math.min(session.number, agents.length) - 1](session);
}

/** What a process holds for its calls. */
async function holdings(rig: BridgeRig) {
  const { kernelSlots, activeCalls } = await rig.memory();
  const { sessionsOpen } = rig.emulator.stats();
  return { kernelSlots, activeCalls, sessionsOpen, deadlines: rig.serverClock.pending };
}

/** One call between the emulators. At its end nothing that it held may be left. */
export class Talk implements AsyncDisposable {
  readonly rig: BridgeRig;
  readonly caller: SimulatedCaller;
  readonly #stalls: StallWatch;
  readonly #done: Promise<CallReport>;
  readonly #before: Awaited<ReturnType<typeof holdings>>;

  private constructor(rig: BridgeRig, caller: SimulatedCaller, before: Awaited<ReturnType<typeof holdings>>) {
    this.rig = rig;
    this.caller = caller;
    this.#before = before;
    this.#stalls = new StallWatch(rig.clock);
    this.#done = caller.place();
  }

  static async start(options: BridgeRigOptions, caller: Partial<SimulatedCallerOptions> = {}): Promise<Talk> {
    const rig = await BridgeRig.start({ ...options, business: { ...QUICK, ...options.business } });
    return new Talk(rig, rig.caller(caller), await holdings(rig));
  }

  /** A call in which the caller has heard the greeting out and said something. */
  static async startSpoken(options: BridgeRigOptions): Promise<Talk> {
    const talk = await Talk.start(options);
    try {
      await talk.speakAfterGreeting();
      return talk;
    } catch (error) {
      await talk[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The bytes that the caller has heard. */
  get heard(): Uint8Array {
    return this.caller.player.heard(this.rig.clock.now());
  }

  get heardMs(): number {
    return this.heard.length / BYTES_PER_MS;
  }

  /**
   * For how long the process stood still from a moment of the rig's clock on, program and emulators alike: what a machine that
   * is busy with other things adds to any time that is measured.
   * @param fromMs default the beginning
   * @param toMs default now
   */
  stoodStillMs(fromMs = -Infinity, toMs = Infinity): number {
    return Math.min(this.#stalls.sumBetween(fromMs, toMs), MAX_STOOD_STILL_MS);
  }

  /** Waits until the caller has heard a tone, from `fromMs` of what was heard on. */
  async hears(frequencyHz: number, fromMs = 0, timeoutMs?: number): Promise<void> {
    let from = fromMs * BYTES_PER_MS;
    await this.until(`${frequencyHz} Hz is heard`, () => {
      const { heard } = this;
      if (hasTone(heard.subarray(from), frequencyHz)) return true;
      from = Math.max(from, heard.length - LOOK_BACK_MS * BYTES_PER_MS); // what is before it has been looked at
      return false;
    }, timeoutMs);
  }

  /** Waits until the caller has heard everything that was sent, and nothing more comes for a moment. */
  async hearsOut(): Promise<void> {
    const { player } = this.caller;
    const { clock, app } = this.rig;
    let looks = 0;
    await this.until("all is heard", () => {
      const isAnswering = app.calls.snapshots().some(({ state }) => state === "answering");
      looks = isAnswering || clock.now() < player.endMs + 150 ? 0 : looks + 1;
      return looks > 1; // the first one after a standstill may come before the rest of an answer does
    });
  }

  /** Whether the caller has heard a tone. */
  hasHeard(frequencyHz: number, fromMs = 0): boolean {
    return hasTone(this.heard.subarray(fromMs * BYTES_PER_MS), frequencyHz);
  }

  until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs?: number): Promise<void> {
    return eventually(what, condition, timeoutMs);
  }

  /** The caller says something. Resolves when it has been said, or the call is over: a test that waits shall not hang. */
  async speak(ms = 300): Promise<void> {
    const said = new Promise<void>((resolve) =>
      this.caller.speech.say(CallerSpeech.tone(VOICE_HZ, ms), resolve)
    );
    await Promise.race([said, this.#done]);
  }

  /** The caller hears {@link GREETING} out and says something. */
  async speakAfterGreeting(): Promise<void> {
    await this.hears(GREETING);
    await this.hearsOut();
    await this.speak();
  }

  /** The call's session of this number, from 1, as soon as it is there. Fails when the call is over without it. */
  async session(number: number): Promise<EmulatedSession> {
    const session = await Promise.race([this.rig.emulator.session(number), this.#done.then(() => undefined)]);
    assert.ok(session, `The call ended without a session number ${number}.`);
    return session;
  }

  /** Waits for the end that comes by itself, and sees that nothing is left of the call. */
  async over(): Promise<CallReport> {
    const report = await this.#done;
    await this.until("the call ended", () => this.rig.app.calls.active === 0);
    await this.until("nothing is left", async () => {
      const now = await holdings(this.rig);
      return JSON.stringify(now) === JSON.stringify(this.#before);
    });
    return report;
  }

  /** The caller hangs up. */
  async hangUp(): Promise<CallReport> {
    this.caller.hangUp();
    const report = await this.over();
    assert.deepEqual(report.problems, []);
    return report;
  }

  /** What was written down of the call's last stream. */
  get transcript() {
    return this.rig.summaries.at(-1)!.transcript;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.caller.hangUp();
    await this.#done;
    this.#stalls[Symbol.dispose]();
    await this.rig[Symbol.asyncDispose]();
  }
}

/** The texts of items that a session was told, with who said them; without the context of the call. */
export function told(session: EmulatedSession): { role: string; text: string }[] {
  return messages(session).filter(({ text }) => !text.startsWith(CONTEXT_HEAD));
}

/** What a session was told of its call, each time. */
export function contexts(session: EmulatedSession): string[] {
  return messages(session).map(({ text }) => text).filter((text) => text.startsWith(CONTEXT_HEAD));
}

function messages({ record }: EmulatedSession): { role: string; text: string }[] {
  return record.eventsOf("conversation.item.create").flatMap((event) => {
    const { type, role = "", content = [] } = event.item as {
      type: string;
      role?: string;
      content?: { text: string }[];
    };
    return type === "message" ? content.map(({ text }) => ({ role, text })) : [];
  });
}

/** The outputs of function calls that a session was told, by call id. */
export function outputs({ record }: EmulatedSession): { callId: string; output: string }[] {
  return record.eventsOf("conversation.item.create").flatMap((event) => {
    const { type, call_id, output } = event.item as { type: string; call_id: string; output: string };
    return type === "function_call_output" ? [{ callId: call_id, output }] : [];
  });
}

/** The instructions of the responses that a session was asked for; undefined where there were none. */
export function asked({ record }: EmulatedSession): (string | undefined)[] {
  return record.eventsOf("response.create").map((event) =>
    (event.response as { instructions?: string } | undefined)?.instructions
  );
}

/** Asserts that `session` never had two responses at a time. */
export function assertOneAtATime({ record }: EmulatedSession): void {
  const responses = record.responses.filter(({ isInConversation }) => isInConversation);
  for (let i = 1; i < responses.length; i++) {
    const previous = responses[i - 1];
    assert.ok(previous.doneMs !== undefined && previous.doneMs <= responses[i].createdMs, previous.id);
  }
}
