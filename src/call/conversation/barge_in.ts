import type { Clock } from "../../util/clock.ts";
import type { HeardItem } from "../playback/playback_ledger.ts";
import { SpeechLength, type SpeechMeasure } from "./speech_length.ts";
import { RecentIds } from "../../util/recent_ids.ts";

/** Responses remembered as cut off. Their late audio comes within about a second; older ones send no more. */
const MAX_SILENCED = 8;

/** What an interruption acts on. */
export interface BargeInPort {
  /** Milliseconds of audio that the caller has not heard yet. */
  unheardMs(): number;
  /** The response being generated, if any. */
  activeResponseId(): string | undefined;
  /** True while what plays must not be cut off (a greeting that the business wants heard). */
  isProtected(): boolean;
  /** How loud the caller is at this moment; undefined in between. */
  callerLevel(): "loud" | "quiet" | undefined;
  /**
   * Silences the caller's side; returns what was heard of each item that was cut off. `isByVoice`: that may
   * be taken back.
   */
  silence(isByVoice: boolean): HeardItem[];
  /** Ends the generation of a response. */
  cancel(responseId: string): void;
  /** Tells the model that `heardMs` of an item were heard; 0 means that nobody heard any of it. */
  heardOnly(item: HeardItem): void;
}

/** What interrupts an answer, and who cancels it. */
export interface BargeInOptions {
  /** How speech is measured: what is shorter than its `minMs` does not interrupt. */
  speech: SpeechMeasure;
  /** True when OpenAI cancels its answer by itself as soon as the caller speaks. */
  serverCancels: boolean;
}

/**
 * The caller speaks into the answer. Decides whether that interrupts it, and if so does everything in the one
 * right order: silence first, since each message later is heard; then stop the generation; then tell the
 * model what was heard.
 */
export class BargeIn implements Disposable {
  readonly #port: BargeInPort;
  readonly #options: BargeInOptions;
  readonly #speech: SpeechLength;
  readonly #silenced = new RecentIds(MAX_SILENCED);

  constructor(port: BargeInPort, clock: Clock, options: BargeInOptions) {
    this.#port = port;
    this.#options = options;
    this.#speech = new SpeechLength(clock, options.speech, () => port.callerLevel());
  }

  /** `speech_started`, with its time in the session's audio. */
  speechStarted(audioStartMs?: number): void {
    this.#speech.started(audioStartMs);
    this.#speech.whenLong(() => this.#interrupt(!this.#options.serverCancels));
  }

  /**
   * A response that we had asked for begins while the caller speaks: the two crossed on the way. OpenAI
   * cancels only at the beginning of speech, so this program does.
   */
  begunWhileSpeaking(): void {
    this.#speech.whenLong(() => this.#interrupt(true));
  }

  /** `speech_stopped`, with its time in the session's audio: what was too short to interrupt does not. */
  speechStopped(audioEndMs?: number): void {
    this.#speech.stopped(audioEndMs);
  }

  /**
   * Interrupts whatever is said, a protected greeting too, because of something other than the caller's
   * voice.
   */
  interruptNow(): void {
    this.#speech.forget();
    this.#cutOff(true, false);
  }

  /** Cuts off what `silence` says. */
  cutOff(silence: () => HeardItem[]): void {
    this.#noteCut(silence());
  }

  /** These were not cut off, after all. */
  forgive(responseIds: readonly string[]): void {
    for (const responseId of responseIds) this.#silenced.delete(responseId);
  }

  /** What still comes of a response must not be played: it was given up. */
  disown(responseId: string): void {
    this.#silenced.add(responseId);
  }

  /** A response that is not wanted any more begins: it ends, and nothing of it is played. */
  refuse(responseId: string): void {
    this.#port.cancel(responseId);
    this.#silenced.add(responseId);
  }

  /** True for a response that was cut off: audio of it that still comes must not be played. */
  isSilenced(responseId: string): boolean {
    return this.#silenced.has(responseId);
  }

  [Symbol.dispose](): void {
    this.#speech[Symbol.dispose]();
  }

  #interrupt(mustCancel: boolean): void {
    if (!this.#port.isProtected()) this.#cutOff(mustCancel, true);
  }

  #cutOff(mustCancel: boolean, isByVoice: boolean): void {
    const port = this.#port;
    const active = port.activeResponseId();
    if (port.unheardMs() === 0 && active === undefined) return;
    const cutOff = port.silence(isByVoice);
    if (active !== undefined && mustCancel) port.cancel(active);
    this.#noteCut(cutOff);
    // Last, however many wait before it: of all of them it is the one whose audio still comes.
    if (active !== undefined) this.#silenced.add(active);
  }

  #noteCut(items: readonly HeardItem[]): void {
    for (const item of items) {
      this.#silenced.add(item.responseId);
      this.#port.heardOnly(item);
    }
  }
}
