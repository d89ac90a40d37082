import { type CallRegistry, newSid } from "./emulated_call.ts";
import type { CallEvent, Dialled } from "./call_report.ts";
import { dialNumber, type DialOutcome } from "./dialled_leg.ts";
import { leaveRecording } from "./emulated_recordings.ts";
import { GatheredKeys } from "./gathered_keys.ts";
import type { Line, Nap } from "./line.ts";
import type { Problem } from "./media_leg.ts";
import type { GatherVerb, Link, StreamVerb, Verb } from "./parse_twiml.ts";
import type { Walked } from "./twiml_walk.ts";
import type { Webhooks } from "./webhooks.ts";

/** What the verbs need of the call that they are said to. */
export interface SimulatedVerbsPort {
  readonly line: Line;
  readonly webhooks: Webhooks;
  readonly registry: CallRegistry | undefined;
  readonly nap: Nap;
  readonly callSid: string;
  readonly from: string;
  /** Texts of `<Say>`, and numbers of `<Dial>`, which are added to. */
  readonly said: string[];
  readonly dialled: Dialled[];
  readonly onDial: ((number: string) => DialOutcome) | undefined;
  /** True once the caller hung up or the call was given other TwiML. */
  isInterrupted(): boolean;
  /** The fields of a request about this call. */
  fields(): Record<string, string>;
  connect(stream: StreamVerb, base: string): Promise<void>;
  /** Sends a status callback. Does not reject. */
  tell(link: Link, base: string, form: Record<string, string>): Promise<void>;
  note(event: CallEvent["event"], detail?: string): void;
  problem(problem: Problem): void;
}

/** What the verbs of a document do to a simulated caller. */
export class SimulatedVerbs {
  readonly #port: SimulatedVerbsPort;
  #gathered: GatheredKeys | undefined;
  #told: Promise<void> = Promise.resolve();

  constructor(port: SimulatedVerbsPort) {
    this.#port = port;
  }

  /** Resolves once it was told that recordings can be fetched. */
  get told(): Promise<void> {
    return this.#told;
  }

  /** A key while no stream is open: `<Gather>` takes it. Returns false where nothing does. */
  press(key: string): boolean {
    this.#gathered?.press(key);
    return this.#gathered !== undefined;
  }

  /** The verbs of the document at `base`. */
  of(base: string): Walked {
    const port = this.#port;
    return {
      isInterrupted: () => port.isInterrupted(),
      say: async (text) => {
        port.said.push(text);
        port.note("said", text);
        await Promise.resolve();
      },
      play: (url, digits) => port.note("played", digits ?? url),
      pause: (seconds) => port.nap.sleep(1000 * seconds),
      connect: (stream) => port.connect(stream, base),
      record: (verb) => Promise.resolve(this.#record(verb, base)),
      dial: (dial) => this.#dial(dial, base),
      gather: (verb, prompt) => this.#gather(verb, prompt),
      enqueue: (queue) => this.#enqueue(queue),
      beside: (verb, what) => port.note(verb === "Start" ? "started" : "stopped", what),
    };
  }

  /** What the caller leaves after the beep. That it can be fetched is told beside the call. */
  #record(
    { recordingStatusCallback: told }: Verb & { verb: "Record" },
    base: string,
  ): Record<string, string> {
    const { line, registry, callSid } = this.#port;
    const AccountSid = line.accountSid;
    const recording = leaveRecording(registry?.recordings, AccountSid);
    this.#port.note("recorded", recording.RecordingSid);
    const form = { AccountSid, CallSid: callSid, ...recording, RecordingStatus: "completed" };
    if (told) this.#told = this.#port.tell(told, base, form);
    return recording;
  }

  async #dial(dial: Verb & { verb: "Dial" }, base: string): Promise<Record<string, string>> {
    const { line, webhooks, nap, from, callSid, dialled } = this.#port;
    const startMs = line.clock.now();
    const childSid = newSid("CA");
    const callerId = dial.callerId ?? from;
    for (const number of dial.numbers) {
      const outcome = this.#port.onDial?.(number.number) ?? { status: "completed" };
      this.#port.note("dialled", number.number);
      const leg = await dialNumber(number, callerId, outcome, {
        clock: line.clock,
        fields: (CallStatus) => ({
          ...this.#port.fields(),
          CallSid: childSid,
          ParentCallSid: callSid,
          Direction: "outbound-dial",
          CallStatus,
          From: callerId,
          Caller: callerId,
          To: number.number,
          Called: number.number,
        }),
        request: (link, form) => webhooks.request(link, base, form),
        talk: (ms) => nap.sleep(ms),
        problem: (problem) => this.#port.problem(problem),
      });
      dialled.push(leg);
    }
    const seconds = Math.round((line.clock.now() - startMs) / 1000);
    return {
      DialCallStatus: dialled.at(-1)?.status ?? "failed",
      DialCallSid: childSid,
      DialCallDuration: String(seconds),
    };
  }

  async #gather(
    verb: GatherVerb,
    prompt: () => Promise<void>,
  ): Promise<Record<string, string> | undefined> {
    const keys = this.#gathered = new GatheredKeys(verb, this.#port.line.clock);
    this.#port.note("gathering");
    await prompt();
    await keys.wait(() => this.#port.isInterrupted());
    this.#gathered = undefined;
    const form = keys.form();
    this.#port.note("gathered", form?.Digits ?? "nothing");
    return form;
  }

  /** Nobody takes calls out of queues here: the caller waits until she hangs up, or is given other TwiML. */
  async #enqueue(queue: string): Promise<Record<string, string>> {
    const { line, nap } = this.#port;
    const startMs = line.clock.now();
    this.#port.note("queued", queue);
    while (!this.#port.isInterrupted()) await nap.sleep(MAX_NAP_MS);
    const QueueTime = String(Math.round((line.clock.now() - startMs) / 1000));
    return { QueueResult: "hangup", QueueTime };
  }
}

/** A caller in a queue looks up once in so long, whatever happens. */
const MAX_NAP_MS = 60_000;
