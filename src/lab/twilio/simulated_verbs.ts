import { decodedBase64 } from "../../audio/base64.ts";
import { muLawDecode } from "../../audio/mulaw_buffers.ts";
import { Announcer } from "./announcer.ts";
import { type CallRegistry, newSid } from "./emulated_call.ts";
import type { CallEvent, Dialled } from "./call_report.ts";
import { FRAME_MS, SILENT_FRAME } from "./caller_speech.ts";
import { dialNumber } from "./dialled_leg.ts";
import { type DialledParty, type DialOutcome, talk } from "./dialled_party.ts";
import { leaveRecording } from "./emulated_recordings.ts";
import { eachFrame } from "./frame_ticks.ts";
import { GatheredKeys } from "./gathered_keys.ts";
import type { Line, Nap } from "./line.ts";
import type { Problem } from "./media_leg.ts";
import type { GatherVerb, Link, RecordVerb, StreamVerb, Verb } from "./parse_twiml.ts";
import type { Player } from "./player.ts";
import type { SpeechSource } from "./speech_source.ts";
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
  readonly speech: SpeechSource;
  /** Hears what is said and played to the caller outside of streams. */
  readonly offStream: Player;
  /** Texts of `<Say>`, numbers of `<Dial>`, and who answered there, which are added to. */
  readonly said: string[];
  readonly dialled: Dialled[];
  readonly parties: DialledParty[];
  readonly sayCharacterMs: number;
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

/** Longest recording, and the silence that ends one, where the TwiML does not say: Twilio's own defaults. */
const DEFAULT_MAX_SECONDS = 3600;
const DEFAULT_SILENCE_SECONDS = 5;
const ANY_KEY = "1234567890*#";
/** A recording is held in memory: ten minutes of it. */
const MAX_RECORDED_SECONDS = 600;
/** A caller in a queue looks up once in so long, whatever happens. */
const MAX_NAP_MS = 60_000;

/** What the verbs of a document do to a simulated caller. */
export class SimulatedVerbs {
  readonly #port: SimulatedVerbsPort;
  readonly #announcer: Announcer;
  #gathered: GatheredKeys | undefined;
  #party: DialledParty | undefined;
  #keyOfRecording: ((key: string) => void) | undefined;
  #told: Promise<void> = Promise.resolve();

  constructor(port: SimulatedVerbsPort) {
    this.#port = port;
    this.#announcer = new Announcer(port.offStream, port.nap, port.sayCharacterMs);
  }

  /** Resolves once it was told that recordings can be fetched. */
  get told(): Promise<void> {
    return this.#told;
  }

  /** A key while no stream is open: for `<Gather>`, for a recording, or for whom the caller talks with. */
  press(key: string): void {
    const { nap, line } = this.#port;
    this.#keyOfRecording?.(key);
    this.#party?.hearKeys(key, line.clock.now());
    if (!this.#gathered) return;
    this.#gathered.press(key);
    nap.wake(); // a prompt is cut short
  }

  /** The verbs of the document at `base`. */
  of(base: string): Walked {
    const port = this.#port;
    return {
      isInterrupted: () => port.isInterrupted(),
      say: async (text) => {
        if (this.#gathered?.isBegun) return;
        port.said.push(text);
        port.note("said", text);
        await this.#announcer.say(text);
      },
      play: async (url, digits) => {
        port.note("played", digits ?? url);
        if (digits !== undefined) await this.#announcer.keys(digits);
      },
      pause: (seconds) => port.nap.sleep(1000 * seconds),
      connect: (stream) => port.connect(stream, base),
      record: (verb) => this.#record(verb, base),
      dial: (dial) => this.#dial(dial, base),
      gather: (verb, prompt) => this.#gather(verb, prompt),
      enqueue: (queue) => this.#enqueue(queue),
      beside: (verb, what) => port.note(verb === "Start" ? "started" : "stopped", what),
    };
  }

  /** What the caller leaves after the beep. That it can be fetched is told beside the call. */
  async #record(verb: RecordVerb, base: string): Promise<Record<string, string> | undefined> {
    const { line, registry, callSid } = this.#port;
    const AccountSid = line.accountSid;
    const taken = this.#announcer.isHeard ? await this.#take(verb) : undefined;
    if (taken && taken.samples.length === 0) return undefined;
    const recording = leaveRecording(registry?.recordings, AccountSid, taken?.samples);
    this.#port.note("recorded", recording.RecordingSid);
    const form = { AccountSid, CallSid: callSid, ...recording, RecordingStatus: "completed" };
    const { recordingStatusCallback: told } = verb;
    if (told) this.#told = this.#port.tell(told, base, form);
    return { ...recording, ...(taken && { Digits: taken.endedBy }) };
  }

  /** Records until a silence, a key, the longest time, or the end of the call. */
  async #take(verb: RecordVerb): Promise<{ samples: Int16Array; endedBy: string }> {
    const { line: { clock }, speech } = this.#port;
    const { timeoutSeconds = DEFAULT_SILENCE_SECONDS, maxSeconds = DEFAULT_MAX_SECONDS } = verb;
    const { finishOnKey = ANY_KEY } = verb;
    if (verb.beeps !== false) await this.#announcer.beep();
    const maxFrames = Math.min(maxSeconds, MAX_RECORDED_SECONDS) * 1000 / FRAME_MS;
    const maxSilentFrames = timeoutSeconds * 1000 / FRAME_MS;
    const frames: string[] = [];
    let silentFrames = 0;
    let endedBy = "";
    this.#keyOfRecording = (key) => {
      if (finishOnKey.includes(key)) endedBy ||= key;
    };
    await eachFrame(clock, (dueMs) => {
      if (this.#port.isInterrupted()) endedBy ||= "hangup";
      if (endedBy !== "" || frames.length >= maxFrames || silentFrames >= maxSilentFrames) return false;
      const frame = speech.takeFrame(dueMs);
      silentFrames = frame === SILENT_FRAME ? silentFrames + 1 : 0;
      frames.push(frame);
      return true;
    });
    this.#keyOfRecording = undefined;
    const said = frames.slice(0, frames.length - silentFrames);
    return {
      samples: muLawDecode(Uint8Array.from(said.flatMap((frame) => [...decodedBase64(frame)]))),
      endedBy,
    };
  }

  async #dial(dial: Verb & { verb: "Dial" }, base: string): Promise<Record<string, string>> {
    const { line, webhooks, nap, from, callSid, dialled, parties, sayCharacterMs } = this.#port;
    const startMs = line.clock.now();
    const childSid = newSid("CA");
    const callerId = dial.callerId ?? from;
    for (const number of dial.numbers) {
      const outcome = this.#port.onDial?.(number.number) ?? { status: "completed" };
      this.#port.note("dialled", number.number);
      const leg = await dialNumber(number, callerId, outcome, {
        clock: line.clock,
        nap,
        sayCharacterMs,
        isInterrupted: () => this.#port.isInterrupted(),
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
        tell: (link, form) => this.#port.tell(link, base, form),
        answered: (party) => void parties.push(party),
        talk: (party, ms) => this.#talk(party, ms),
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

  async #talk(party: DialledParty, ms: number): Promise<void> {
    const { line: { clock }, speech, offStream } = this.#port;
    if (ms === 0) return;
    this.#party = party;
    party.speech.keepTape();
    const endMs = clock.now() + ms;
    const isOver = () => this.#port.isInterrupted() || clock.now() >= endMs;
    await talk(clock, { speech, player: offStream }, party, isOver);
    this.#party = undefined;
    for (const player of [party.player, offStream]) player.stop(clock.now());
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
