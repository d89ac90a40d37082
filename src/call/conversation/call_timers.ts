import type { TimeLimits } from "../../businesses/business.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";

/** How often the limits are checked. They are seconds and minutes, so once a second is exact enough. */
const LOOK_EVERY_MS = 1_000;
const LOOK_SLACK_MS = 100;
/** A call that its own goodbye did not end is ended this much later. */
const GOODBYE_GRACE_MS = 20_000;

/** What the passing of time leads to. */
export interface CallTimerEvents {
  /** Nobody has spoken for a while: ask whether the caller is there. */
  onSilence(): void;
  /** Still nobody: say goodbye and hang up. */
  onLongSilence(): void;
  /** The call will soon be as long as it may be. */
  onNearEnd(): void;
  /** The call is as long as it may be: say goodbye and hang up. */
  onEnd(): void;
  /** The goodbye did not end the call: end it without words. Again and again until the call is over. */
  onOverdue(): void;
  /** The model has not answered in time. `attempt` counts from 1 until it does. */
  onNoAnswer(attempt: number): void;
  /** Milliseconds until the caller has heard everything; silence begins after that. */
  unheardMs(): number;
}

/** What a call brings along from before its present stream. */
export interface CallPast {
  /** When the call began, on the clock's monotonic time. */
  readonly startedAtMs: number;
  /** The caller has been told that the call will soon be as long as it may be. */
  readonly isWarned: boolean;
}

/** The time limits of one call: silence, duration, and a model that does not answer. One timer for all of them. */
export class CallTimers implements Disposable {
  readonly #limits: TimeLimits;
  readonly #clock: Clock;
  readonly #events: CallTimerEvents;
  readonly #startMs: number;
  #timer: Timer;
  #lastSoundMs: number;
  #isCallerSpeaking = false;
  #stage: "talking" | "prompted" | "leaving" = "talking";
  #isWarned: boolean;
  #leaveByMs = Infinity;
  #answerDueMs = Infinity;
  #attempt = 0;

  /** @param past of a call that has come back */
  constructor(
    limits: TimeLimits,
    clock: Clock,
    events: CallTimerEvents,
    past: CallPast = { startedAtMs: clock.now(), isWarned: false },
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#events = events;
    this.#startMs = past.startedAtMs;
    this.#isWarned = past.isWarned;
    this.#lastSoundMs = clock.now();
    this.#timer = this.#schedule();
  }

  callerStarted(): void {
    this.#isCallerSpeaking = true;
    this.stopAwaiting();
    if (this.#stage === "prompted") this.#stage = "talking";
  }

  /** The caller's turn is over: an answer is due from now on. */
  callerStopped(): void {
    this.#isCallerSpeaking = false;
    this.#lastSoundMs = this.#clock.now();
    this.awaitAnswer();
  }

  /** Keys, or a tool at work: the call is not silent. */
  activity(): void {
    this.#lastSoundMs = this.#clock.now();
    if (this.#stage === "prompted") this.#stage = "talking";
  }

  /** An answer is due from now on: the caller's turn is over, or we asked for a response. */
  awaitAnswer(): void {
    this.#answerDueMs = this.#clock.now() + this.#limits.answerWithinMs;
  }

  /** True while an answer is due. */
  get isAwaitingAnswer(): boolean {
    return this.#answerDueMs !== Infinity;
  }

  /** No answer is awaited any more, though none came: the caller speaks again, or there is no session. */
  stopAwaiting(): void {
    this.#answerDueMs = Infinity;
  }

  /** The model has begun an answer: the time until its first output counts from now on. */
  answerBegun(): void {
    if (this.isAwaitingAnswer) this.awaitAnswer();
  }

  /** The model has put something out. */
  answered(): void {
    this.stopAwaiting();
    this.#attempt = 0;
  }

  /** The call says goodbye: nothing else is to be said, and it ends in any case. */
  leaving(): void {
    this.#stage = "leaving";
    this.#leaveByMs = Math.min(this.#leaveByMs, this.#clock.now() + GOODBYE_GRACE_MS);
    this.answered();
  }

  /** The call goes on after all. */
  staying(): void {
    this.#stage = "talking";
    this.#leaveByMs = Infinity;
    this.#lastSoundMs = this.#clock.now();
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #schedule(): Timer {
    return this.#timer = after(this.#clock, LOOK_EVERY_MS, () => {
      this.#schedule();
      this.#look(this.#clock.now());
    }, LOOK_SLACK_MS);
  }

  #look(now: number): void {
    if (now >= this.#leaveByMs) {
      // Again after the same time, in case a transfer was in the way and has failed.
      this.#leaveByMs = now + GOODBYE_GRACE_MS;
      return this.#events.onOverdue();
    }
    if (this.#stage === "leaving") return;
    const ageMs = now - this.#startMs;
    if (ageMs >= this.#limits.maxCallMs) return this.#events.onEnd();
    if (!this.#isWarned && ageMs >= this.#limits.maxCallMs - this.#limits.warnBeforeEndMs) {
      this.#isWarned = true;
      this.#events.onNearEnd();
    }
    if (now >= this.#answerDueMs) {
      this.awaitAnswer();
      return this.#events.onNoAnswer(++this.#attempt);
    }
    this.#lookAtSilence(now);
  }

  #lookAtSilence(now: number): void {
    const unheardMs = this.#events.unheardMs();
    if (unheardMs > 0) this.#lastSoundMs = now + unheardMs;
    if (this.#isCallerSpeaking || this.isAwaitingAnswer) return;
    const silentMs = now - this.#lastSoundMs;
    if (this.#stage === "talking" && silentMs >= this.#limits.silencePromptAfterMs) {
      this.#stage = "prompted";
      this.#lastSoundMs = now;
      this.#events.onSilence();
    } else if (this.#stage === "prompted" && silentMs >= this.#limits.silenceGoodbyeAfterMs) {
      this.#events.onLongSilence();
    }
  }
}
