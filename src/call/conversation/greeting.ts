import type { CallInfo } from "../call_summary.ts";
import type { Playback } from "../playback/playback.ts";
import { RESUME_LINES } from "./instructions.ts";
import type { Purpose, ResponseRequest } from "./response_sequencer.ts";

/** Who says hello so soon after the first sound of the greeting wants to hear it. */
const SALUTATION_WITHIN_MS = 4_000;
/**
 * Answers to a caller who has spoken first that the greeting takes the place of: whoever goes on is answered.
 */
const MAX_PREFERRED = 1;

/**
 * The first words of a stream: the greeting of a new call, a line for a call that has come back, or a message
 * for a machine.
 */
export class Greeting {
  readonly #info: CallInfo;
  #request: ResponseRequest | undefined;
  /** The response that greets. */
  #responseId: string | undefined;
  /** When something of it was to be heard first; undefined until then. */
  #begunAtMs: number | undefined;
  /** Answers that were left out for it. */
  #preferred = 0;

  constructor(info: CallInfo) {
    this.#info = info;
  }

  /** True when a message is left on an answering machine, after which the call ends. */
  get isToMachine(): boolean {
    return this.#info.resume === "answering_machine";
  }

  /**
   * What is to be said; undefined when the caller is to speak first. `hangUp` follows a message for a
   * machine.
   */
  request(hangUp: () => void): ResponseRequest | undefined {
    const { resume, business } = this.#info;
    const instructions = resume ? RESUME_LINES[resume] : business.greeting.instructions;
    if (!instructions) return undefined;
    return this.#request = {
      purpose: "greeting",
      instructions,
      onDone: this.isToMachine ? hangUp : undefined,
    };
  }

  /** True from the wish to greet until something of the greeting is to be heard. */
  get isOwed(): boolean {
    return this.#request !== undefined && this.#begunAtMs === undefined;
  }

  /**
   * True when it comes before an answer to the caller, who has spoken first: it answers that, too. Not again
   * and again, since a caller who speaks on and on wants to be answered.
   */
  comesFirst(): boolean {
    return this.isOwed && ++this.#preferred <= MAX_PREFERRED;
  }

  /** The caller is answered in its place. Returns what is not wanted any more. */
  giveUp(): ResponseRequest | undefined {
    const request = this.isOwed ? this.#request : undefined;
    this.#request = undefined;
    return request;
  }

  /** Audio of a response is about to be played. */
  audioBegins(responseId: string, nowMs: number): void {
    if (responseId === this.#responseId) this.#begunAtMs ??= nowMs;
  }

  /** What is to be asked for again when its response ended before anything was heard. */
  owedAfter(request: ResponseRequest | undefined, status: string): ResponseRequest | undefined {
    return status === "cancelled" && this.isOwed && request === this.#request ? request : undefined;
  }

  /** A response has begun, which was asked for by `purpose`. */
  responseCreated(responseId: string, purpose: Purpose | undefined): void {
    if (purpose === "greeting") this.#responseId = responseId;
  }

  /** True while the caller hears the beginning of it, and may say hello. */
  isOpening(playback: Pick<Playback, "isUnheard">, nowMs: number): boolean {
    const isRecent = this.#begunAtMs !== undefined && nowMs - this.#begunAtMs <= SALUTATION_WITHIN_MS;
    return isRecent && this.#responseId !== undefined && playback.isUnheard(this.#responseId);
  }

  /** True while a greeting that must not be interrupted is being made, or heard. */
  isProtected(activeResponseId: string | undefined, playback: Pick<Playback, "isUnheard">): boolean {
    const id = this.#responseId;
    if (id === undefined || this.#info.business.greeting.isInterruptible) return false;
    return activeResponseId === id || playback.isUnheard(id);
  }
}
