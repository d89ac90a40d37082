import { CallNotes } from "./call_notes.ts";
import { type CallRegistry, type CallUpdate, type EmulatedCall, newSid } from "./emulated_call.ts";
import {
  type CallEvent,
  type CallReport,
  type CallStatus,
  type Dialled,
  endProblem,
  playerReport,
} from "./call_report.ts";
import type { DialledParty, DialOutcome } from "./dialled_party.ts";
import { Documents, type TwimlSource } from "./twiml_documents.ts";
import { type Line, Nap, until } from "./line.ts";
import type { CallerHangUp, MediaLeg, MediaLegEnd, Problem } from "./media_leg.ts";
import { SpeechSource } from "./speech_source.ts";
import type { Handset } from "./handset.ts";
import { openStream } from "./open_stream.ts";
import { Player, type PlayerOptions } from "./player.ts";
import { type CallerSpeech, FRAME_MS } from "./caller_speech.ts";
import type { Link, StreamVerb, Verb } from "./parse_twiml.ts";
import { SimulatedVerbs } from "./simulated_verbs.ts";
import { StatusCallbacks, type StatusEvent } from "./status_callbacks.ts";
import { type WalkEnd, walkTwiml } from "./twiml_walk.ts";
import { voiceFields } from "./voice_fields.ts";
import { Webhooks } from "./webhooks.ts";

/** How a call is placed and what it meets. */
export interface SimulatedCallerOptions extends PlayerOptions {
  /** The server that it goes to. */
  line: Line;
  /** Default a new one. */
  callSid?: string;
  /** Default `+15550100001`. */
  from?: string;
  /** Default `+15550100000`. */
  to?: string;
  /** What the caller says over and over while told nothing else; silence by default. */
  speech?: CallerSpeech;
  /** Speaks and hears in place of the simulated caller's own voice and ear, whose figures are then empty. */
  handset?: Handset;
  /** Default `inbound`. */
  direction?: "inbound" | "outbound-api";
  /** TwiML to run, or where it is fetched; default a POST to `/voice`. */
  answer?: TwimlSource;
  /** Requested once when `answer` fails, with `ErrorCode` and `ErrorUrl`. */
  fallback?: Link;
  /** Told when the call is over, with `CallStatus` and `CallDuration`. */
  statusCallback?: Link;
  /** What else it is told of; default nothing. Twilio tells it of calls that it placed alone. */
  statusCallbackEvents?: readonly StatusEvent[];
  /** The number that sent the call on to `to`; default none. */
  forwardedFrom?: string;
  /** Sent with every webhook, beside or instead of what Twilio's own fields are. */
  form?: Record<string, string>;
  /**
   * Time of a character of `<Say>`, which is heard as tones, one a word; keys, beeps and recordings then take
   * their time as well. Default 0 ms: nothing of that is heard, and takes no time.
   */
  sayCharacterMs?: number;
  /** What becomes of a dialled number; default `completed` after 0 ms of talk. */
  onDial?: (number: string) => DialOutcome;
  /** Where REST updates find the call. */
  registry?: CallRegistry;
  /** Told of each event as it happens. */
  onEvent?: (event: CallEvent) => void;
}

/** Documents fetched in one call; TwiML that redirects in a circle ends here. */
export const MAX_DOCUMENTS = 100;

/**
 * One simulated telephone call, from the webhook to the last verb. `place()` runs all of it; in between,
 * tests and scripts speak, press keys, look at the player, and hang up.
 *
 * @example A caller who says a word, and listens for two seconds
 * ```ts
 * const line = {
 *   clock: new SystemClock(),
 *   server: "http://127.0.0.1:8080",
 *   publicUrl: "https://voice.example.com",
 *   accountSid: "AC…",
 *   authToken: "as the server has it",
 * };
 * const caller = new SimulatedCaller({ line });
 * const over = caller.place();
 * await caller.until(() => caller.isConnected, 5_000);
 * caller.speech.say(CallerSpeech.tone(440, 1_000));
 * await caller.until(() => false, 2_000);
 * caller.hangUp();
 * const { outcome, problems, heardMs } = await over;
 * ```
 */
export class SimulatedCaller implements EmulatedCall {
  /** Identifies the call. */
  readonly callSid: string;
  /** The caller's number. */
  readonly from: string;
  /** The number called. */
  readonly to: string;
  /** Who placed it. */
  readonly direction: "inbound" | "outbound-api";
  /** What it hears, over all streams of the call. */
  readonly player: Player;
  /** What it hears outside of streams: Twilio's own voice, and whom it was put through to. */
  readonly offStream: Player = new Player();
  /** Whom it was put through to. */
  readonly parties: DialledParty[] = [];
  /** What it says. */
  readonly speech: SpeechSource = new SpeechSource();
  /** What happened so far, in order. */
  readonly events: readonly CallEvent[];
  /** What Twilio would have complained of so far. */
  readonly problems: Problem[];
  /** Texts of `<Say>`. */
  readonly said: string[] = [];
  /** Numbers that `<Dial>` called. */
  readonly dialled: Dialled[] = [];
  /** How each stream ended. */
  readonly streams: MediaLegEnd[] = [];
  /** As Twilio would tell it now. */
  status: CallStatus = "queued";

  readonly #options: SimulatedCallerOptions;
  readonly #line: Line;
  readonly #webhooks: Webhooks;
  readonly #documents: Documents;
  readonly #nap: Nap;
  readonly #notes: CallNotes;
  #leg: MediaLeg | undefined;
  #pending: TwimlSource | undefined;
  #hungUpBy: "caller" | "server" | undefined;
  #answeredMs: number | undefined;
  #firstStreamMs: number | undefined;
  #framesSent = 0;
  readonly #verbs: SimulatedVerbs;
  readonly #callbacks: StatusCallbacks | undefined;
  #isRejected = false;
  #report: CallReport | undefined;

  /** A call that {@link place} will place. */
  constructor(options: SimulatedCallerOptions) {
    this.#options = options;
    this.#line = options.line;
    this.#notes = new CallNotes(options.line.clock, options.onEvent);
    this.events = this.#notes.events;
    this.problems = this.#notes.problems;
    this.callSid = options.callSid ?? newSid("CA");
    this.from = options.from ?? "+15550100001";
    this.to = options.to ?? "+15550100000";
    this.direction = options.direction ?? "inbound";
    this.player = new Player(options);
    this.speech.loop(options.speech);
    this.#webhooks = new Webhooks(options.line);
    this.#documents = new Documents(
      this.#webhooks,
      options.fallback,
      (problem) => this.#notes.problem(problem),
    );
    this.#nap = new Nap(options.line.clock);
    this.#verbs = this.#createVerbs();
    this.#callbacks = this.#createCallbacks();
    options.registry?.add(this);
  }

  /**
   * The live stream, if there is one.
   *
   * @internal
   */
  get leg(): MediaLeg | undefined {
    return this.#leg;
  }

  /** True while a stream is open. */
  get isConnected(): boolean {
    return this.#leg !== undefined;
  }

  /** The clock's time at which the call was answered; undefined before. */
  get answeredMs(): number | undefined {
    return this.#answeredMs;
  }

  /** The clock's time of the first stream's `start`; undefined before it. */
  get startedMs(): number | undefined {
    return this.#firstStreamMs;
  }

  /** True once the report is final. */
  get isOver(): boolean {
    return this.#report !== undefined;
  }

  /** Resolves to true once `condition` holds, to false when the time is out or the call is over. */
  until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    return until(this.#line.clock, condition, timeoutMs, () => this.isOver);
  }

  /** Places the call and resolves when it is over. Does not reject: what went wrong is in the report. */
  async place(): Promise<CallReport> {
    this.status = this.direction === "inbound" ? "ringing" : "in-progress";
    this.#notes.event("placed", `${this.from} to ${this.to}`);
    await this.#callbacks?.tell("initiated", "initiated");
    await this.#callbacks?.tell("ringing", "ringing");
    let source: TwimlSource | undefined = this.#options.answer ??
      { link: { url: this.#webhooks.publicUrl("/voice"), method: "POST" } };
    let base = this.#webhooks.publicUrl("/");
    let form: Record<string, string> = {};
    for (let count = 0; source && count < MAX_DOCUMENTS; count++) {
      const document = await this.#documents.load(source, base, { ...this.#form(), ...form });
      const end = document && await this.#walk(document.verbs, document.url);
      base = document?.url ?? base;
      form = end?.end === "fetch" ? end.form : {};
      source = this.#takeUpdate() ?? (end?.end === "fetch" ? { link: end.link } : undefined);
      if (this.#hungUpBy) break;
    }
    return await this.#finish();
  }

  /** Presses keys, for the stream, one message each, or for `<Gather>`; for nobody while neither is there. */
  press(digits: string): void {
    for (const digit of digits) {
      if (this.#leg) this.#leg.press(digit);
      else this.#verbs.press(digit);
      this.#notes.event("pressed", digit);
    }
  }

  /** The caller puts the receiver down, or the line breaks. */
  hangUp(how: CallerHangUp = "stop_and_close"): void {
    if (this.isOver || this.#hungUpBy) return;
    this.#hungUpBy = "caller";
    this.#notes.event("hung_up", how);
    this.#leg?.leave(how);
    this.#nap.wake();
  }

  /** Does what a REST update of the call asks for. Returns false when the call is over. */
  update(update: CallUpdate): boolean {
    if (this.isOver || this.#hungUpBy) return false;
    this.#notes.event(
      "updated",
      "status" in update ? update.status : "twiml" in update ? "twiml" : update.link.url,
    );
    if ("status" in update) this.#hungUpBy = "server";
    else this.#pending = update;
    this.#leg?.leave();
    this.#nap.wake();
    return true;
  }

  /** The report so far; final once the call is over. */
  report(): CallReport {
    if (this.#report) return this.#report;
    const nowMs = this.#line.clock.now();
    const firstArrivalMs = this.player.arrivals[0]?.atMs;
    const startedMs = this.#firstStreamMs;
    const wasConnected = startedMs !== undefined;
    return {
      callSid: this.callSid,
      from: this.from,
      to: this.to,
      status: this.status,
      outcome: wasConnected ? "connected" : this.problems.length > 0 ? "failed" : "refused",
      endedBy: this.#hungUpBy ?? (this.streams.at(-1)?.by === "network" ? "network" : "server"),
      problems: this.problems,
      webhookMs: this.#documents.firstTookMs,
      firstAudioMs: startedMs === undefined || firstArrivalMs === undefined
        ? undefined
        : firstArrivalMs - startedMs,
      durationMs: nowMs - this.#notes.placedMs,
      sentMs: (this.#framesSent + (this.#leg?.framesSent ?? 0)) * FRAME_MS,
      ...playerReport(this.player, nowMs),
      streams: this.streams,
      said: this.said,
      dialled: this.dialled,
    };
  }

  get #isInterrupted(): boolean {
    return this.#hungUpBy !== undefined || this.#pending !== undefined;
  }

  #takeUpdate(): TwimlSource | undefined {
    const update = this.#pending;
    this.#pending = undefined;
    return update;
  }

  async #walk(verbs: Verb[], url: string): Promise<WalkEnd> {
    if (this.#isInterrupted) return { end: "interrupted" }; // while the document was fetched
    if (verbs[0]?.verb !== "Reject" && this.#answeredMs === undefined) {
      this.#answeredMs = this.#line.clock.now();
      this.status = "in-progress";
      this.#notes.event("answered");
      await this.#callbacks?.tell("answered", "in-progress");
    }
    const end = await walkTwiml(verbs, url, this.#verbs.of(url));
    if (end.end === "rejected") {
      this.#isRejected = true;
      this.#notes.event("hung_up", end.reason);
    }
    return end;
  }

  #form(): Record<string, string> {
    const { status, callSid, from, to, direction } = this;
    const { forwardedFrom, form } = this.#options;
    const { accountSid } = this.#line;
    return { ...voiceFields({ accountSid, callSid, status, from, to, direction, forwardedFrom }), ...form };
  }

  #createVerbs(): SimulatedVerbs {
    const { registry, onDial, sayCharacterMs = 0 } = this.#options;
    return new SimulatedVerbs({
      line: this.#line,
      webhooks: this.#webhooks,
      registry,
      nap: this.#nap,
      callSid: this.callSid,
      from: this.from,
      speech: this.speech,
      offStream: this.offStream,
      parties: this.parties,
      said: this.said,
      dialled: this.dialled,
      sayCharacterMs,
      onDial,
      isInterrupted: () => this.#isInterrupted,
      fields: () => this.#form(),
      connect: (stream, base) => this.#connect(stream, base),
      tell: (link, base, form) => this.#tell(link, base, form),
      note: (event, detail) => this.#notes.event(event, detail),
      problem: (problem) => this.#notes.problem(problem),
    });
  }

  #createCallbacks(): StatusCallbacks | undefined {
    const { statusCallback, statusCallbackEvents = [] } = this.#options;
    return statusCallback && new StatusCallbacks({
      clock: this.#line.clock,
      link: statusCallback,
      events: [...statusCallbackEvents, "completed"],
      fields: () => this.#form(),
      send: (link, form) => this.#tell(link, this.#webhooks.publicUrl("/"), form),
    });
  }

  async #connect(stream: StreamVerb, base: string): Promise<void> {
    const leg = await openStream(stream, base, {
      line: this.#line,
      webhooks: this.#webhooks,
      callSid: this.callSid,
      speech: this.speech,
      player: this.player,
      handset: this.#options.handset,
      tell: (link, form) => this.#tell(link, base, form),
      handlers: {
        onAudio: (isNewRun) => isNewRun && this.#notes.event("audio_started"),
        onClear: () => this.#notes.event("cleared"),
        onProblem: (problem) => this.#notes.problem(problem),
      },
    });
    if (!leg) return;
    this.#leg = leg;
    this.#firstStreamMs ??= leg.startedMs;
    this.#notes.event("stream_started", leg.streamSid);
    if (this.#isInterrupted) leg.leave(); // hung up while the line was being put through
    const end = await leg.ended;
    this.#leg = undefined;
    this.#framesSent += leg.framesSent;
    this.streams.push(end);
    this.#notes.event("stream_ended", `${end.by} ${end.code} ${end.reason}`.trim());
    const problem = endProblem(end);
    if (problem) this.#notes.problem(problem);
  }

  async #finish(): Promise<CallReport> {
    const failed = this.#firstStreamMs === undefined && this.problems.length > 0;
    this.status = this.#isRejected ? "busy" : failed ? "failed" : "completed";
    const talkedMs = this.#answeredMs === undefined ? 0 : this.#line.clock.now() - this.#answeredMs;
    await this.#callbacks?.tell("completed", this.status, talkedMs);
    await this.#verbs.told;
    this.#notes.event("ended");
    return this.#report = this.report();
  }

  async #tell(link: Link, base: string, form: Record<string, string>): Promise<void> {
    const problem = await this.#webhooks.tell(link, base, form);
    if (problem) this.#notes.problem(problem);
  }
}
