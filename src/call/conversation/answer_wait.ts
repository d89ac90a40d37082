import type { Clock } from "../../util/clock.ts";
import { answerPatienceMs, LONGEST_WORK_MS } from "./deadlines.ts";

/**
 * However long the caller has waited through earlier turns, the answer to a turn may take this long: the
 * model has only just heard it.
 */
const LEAST_WAIT_MS = 1_500;

/**
 * How long the model may take to answer, and to go on with an answer. Counts from what it last put out, or
 * from when the caller had heard all of that; in time that this process was able to work.
 */
export class AnswerWait {
  readonly #clock: Clock;
  #isAwaiting = false;
  /** Output of the model since the last look. */
  #hasOutput = false;
  #signs = 0;
  /** How often an answer has been missing since the last complete one. */
  #attempt = 0;
  /** When the model last showed that it is at work, or the caller heard of its answer. */
  #lastSignMs: number;
  /** When the caller heard something of the model last while an answer is due, or when that began. */
  #workSinceMs: number;
  /** Since when the answer to the last turn is due. */
  #turnEndedMs = 0;
  /** How long answers to turns before it were waited for in vain, since the model put something out. */
  #inVainMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastSignMs = this.#workSinceMs = clock.awake();
  }

  /** An answer is due from now on, since we asked for a response. */
  begin(): void {
    this.#isAwaiting = true;
    if (this.#attempt === 0) this.#sign(this.#clock.awake());
  }

  /**
   * An answer is due from now on, since the caller's turn is over: one that was due before is not any more,
   * but the time counts. Who asks again and again what keeps the model does not put the wait back.
   */
  turnEnded(): void {
    this.#isAwaiting = true;
    this.#turnEndedMs = this.#clock.awake();
    this.#sign(this.#turnEndedMs);
  }

  /** True while an answer is due, and nothing of it has come. */
  get isAwaiting(): boolean {
    return this.#isAwaiting;
  }

  /** No answer is awaited any more, though none came: the caller speaks again, or there is no session. */
  stop(): void {
    if (this.#isAwaiting) this.#inVainMs += Math.max(0, this.#clock.awake() - this.#turnEndedMs);
    this.#isAwaiting = false;
  }

  /** The model has begun an answer: the time until its first output counts from now on. */
  begun(): void {
    if (this.#isAwaiting) this.#sign(this.#clock.awake());
  }

  /** The model puts something out. Called for each piece of audio. */
  output(): void {
    this.#isAwaiting = false;
    this.#hasOutput = true;
    this.#inVainMs = 0;
  }

  /** An answer is complete. */
  complete(): void {
    this.output();
    this.#attempt = 0;
  }

  /**
   * Looks at what the model has done since the last look; true when it has put something out.
   * @param signs counts what shows that it is at work
   */
  look(nowMs: number, signs: number): boolean {
    const hasOutput = this.#hasOutput;
    if (hasOutput || signs !== this.#signs) this.#sign(nowMs);
    this.#hasOutput = false;
    this.#signs = signs;
    return hasOutput;
  }

  /** The caller hears the model until `atMs`. */
  heard(atMs: number): void {
    this.#workSinceMs = Math.max(this.#workSinceMs, atMs);
    this.#sign(atMs);
  }

  /** What was to be heard after `atMs` is not. */
  cutOff(atMs: number): void {
    this.#lastSignMs = Math.min(this.#lastSignMs, atMs);
    this.#workSinceMs = Math.min(this.#workSinceMs, atMs);
  }

  /**
   * Nothing is due of the model.
   *
   * @param isAtWork something else is at work, which has a time-out of its own
   */
  notDue(nowMs: number, isAtWork: boolean): void {
    this.#workSinceMs = nowMs;
    if (isAtWork) this.#sign(nowMs);
  }

  /** Since when the caller has heard nothing of an answer that is due. */
  get workSinceMs(): number {
    return this.#workSinceMs;
  }

  /**
   * Until the answer that is due has been missing for too long.
   * @param isThinking the model has begun it, and is not in the middle of a sentence
   */
  leftMs(nowMs: number, answerWithinMs: number, isThinking: boolean): number {
    const wholeMs = answerPatienceMs(answerWithinMs, this.#attempt, isThinking);
    const patienceMs = Math.max(Math.min(wholeMs, LEAST_WAIT_MS), wholeMs - this.#inVainMs);
    return Math.min(this.#lastSignMs + patienceMs, this.#workSinceMs + LONGEST_WORK_MS) - nowMs;
  }

  /** The answer did not come in time. Returns how often that was so since the last complete one. */
  missed(nowMs: number): number {
    this.#lastSignMs = this.#workSinceMs = this.#turnEndedMs = nowMs;
    this.#inVainMs = 0;
    return ++this.#attempt;
  }

  #sign(atMs: number): void {
    this.#lastSignMs = Math.max(this.#lastSignMs, atMs);
  }
}
