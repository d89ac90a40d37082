import type { TimeLimits } from "../../businesses/business.ts";
import type { Clock } from "../../util/clock.ts";

/** A call that its own goodbye did not end is ended this much later. */
const GOODBYE_GRACE_MS = 20_000;

/** What a call brings along from before its present stream. */
export interface CallPast {
  /** When the call began, on the clock's monotonic time. */
  readonly startedAtMs: number;
  /** The caller has been told that the call will soon be as long as it may be. */
  readonly isWarned: boolean;
}

/** How long a call may be, over all of its streams, and how long it may take to end. */
export class CallLength {
  readonly #limits: Pick<TimeLimits, "maxCallMs" | "warnBeforeEndMs">;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  #isWarned: boolean;
  #leaveByMs = Infinity;

  constructor(limits: Pick<TimeLimits, "maxCallMs" | "warnBeforeEndMs">, clock: Clock, past: CallPast) {
    this.#limits = limits;
    this.#clock = clock;
    this.#startedAtMs = past.startedAtMs;
    this.#isWarned = past.isWarned;
  }

  /** The call is as long as it may be. */
  get isOver(): boolean {
    return this.#ageMs >= this.#limits.maxCallMs;
  }

  /** True once: the call will soon be as long as it may be. */
  isToWarn(): boolean {
    if (this.#isWarned || this.#ageMs < this.#limits.maxCallMs - this.#limits.warnBeforeEndMs) return false;
    return this.#isWarned = true;
  }

  /** The call says goodbye, which has to end it in time. */
  leaving(): void {
    this.#leaveByMs = Math.min(this.#leaveByMs, this.#clock.awake() + GOODBYE_GRACE_MS);
  }

  /** The call goes on after all. */
  staying(): void {
    this.#leaveByMs = Infinity;
  }

  /**
   * True when the goodbye did not end the call, and after the same time again: a transfer may have failed.
   */
  isOverdue(nowMs: number): boolean {
    if (nowMs < this.#leaveByMs) return false;
    this.#leaveByMs = nowMs + GOODBYE_GRACE_MS;
    return true;
  }

  get #ageMs(): number {
    return this.#clock.now() - this.#startedAtMs;
  }
}
