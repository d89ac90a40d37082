import type { CallSession } from "../../call/call_session.ts";
import type { LiveCalls } from "../../call/live_calls.ts";
import type { Log } from "../../observability/log.ts";
import type { Metrics } from "../../observability/metrics/metrics.ts";
import { after, type Clock, sleep, type Timer } from "../../util/clock.ts";
import type { MongoFleet } from "./mongo_fleet.ts";

/** A pause of the talk is waited for so long; from then on a gap between the agent's words will do. */
export const PAUSE_WITHIN_MS = 4_000;
/** How often a rest is looked for. */
const LOOK_EVERY_MS = 40;
/**
 * One call after another leaves, at least so far apart: each costs the fleet ten operations of its database,
 * and a connection to the model. A database that takes longer for one gets as much time before the next.
 */
const MOVE_EVERY_MS = 40;
/** An overload that lasts so long is not over in a moment. */
const OVERLOADED_FOR_MS = 5_000;
/** How much of its calls an overloaded instance moves away at a time, the newest. */
const MOVED_AT_A_TIME = 0.05;

/** What calls are moved with. */
export interface CallMoverOptions {
  readonly fleet: Pick<MongoFleet, "handOver" | "keep" | "takesStreams">;
  readonly calls: Pick<LiveCalls, "all">;
  /** Why new calls are refused; undefined when they are taken. */
  readonly refusal: () => string | undefined;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Moves live calls to other instances: each at a pause of the talk, or between two words when none comes.
 * Their callers hear a short silence. A call in the middle of a tool, an answer or a turn waits until that
 * is over.
 */
export class CallMover implements Disposable {
  readonly #options: CallMoverOptions;
  readonly #moving = new Set<CallSession>();
  #isOneLeaving = false;
  #nextAtMs = -Infinity;
  #isMovingAll = false;
  #overloadedSinceMs: number | undefined;
  #timer: Timer;
  #isOver = false;

  constructor(options: CallMoverOptions) {
    this.#options = options;
    this.#timer = after(options.clock, OVERLOADED_FOR_MS, () => this.#watch());
  }

  /** Moves all calls away, and those that still come. Goes on until the process ends. */
  moveAll(): void {
    if (this.#isMovingAll) return;
    this.#isMovingAll = true;
    this.#watch();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer.cancel();
  }

  #watch(): void {
    if (this.#isOver) return;
    const { calls, clock } = this.#options;
    this.#timer.cancel();
    this.#timer = after(clock, this.#isMovingAll ? 250 : 1_000, () => this.#watch());
    if (this.#isMovingAll) {
      for (const call of calls.all) void this.#move(call);
      return;
    }
    if (!this.#isOverloaded()) return;
    const count = Math.max(1, Math.floor(MOVED_AT_A_TIME * calls.all.length));
    for (const call of calls.all.slice(-count)) void this.#move(call);
  }

  /** For some time, and again some time after calls were moved. */
  #isOverloaded(): boolean {
    const { refusal, clock, log } = this.#options;
    const why = refusal();
    if (why !== "low_memory" && why !== "late") {
      this.#overloadedSinceMs = undefined;
      return false;
    }
    const nowMs = clock.now();
    this.#overloadedSinceMs ??= nowMs;
    if (nowMs - this.#overloadedSinceMs < OVERLOADED_FOR_MS) return false;
    this.#overloadedSinceMs = nowMs;
    log.warn("calls_move_away", { reason: why });
    return true;
  }

  /** Waits for a rest of the talk, as long as the call lasts and another instance is there to take it. */
  async #move(call: CallSession): Promise<void> {
    if (this.#moving.has(call)) return;
    this.#moving.add(call);
    try {
      const { fleet, calls, clock, log, metrics } = this.#options;
      const { callSid } = call.info;
      const sinceMs = clock.now();
      call.aboutToMove();
      while (!this.#isOver && calls.all.includes(call)) {
        const rest = call.rest;
        const isRest = rest === "pause" || (rest === "gap" && clock.now() - sinceMs >= PAUSE_WITHIN_MS);
        if (isRest && fleet.takesStreams && this.#isNext && await this.#letGo(call)) {
          metrics.count("callsMoved", rest);
          log.info("call_moved", { call: callSid, rest, waitedMs: Math.round(clock.now() - sinceMs) });
          return;
        }
        await sleep(clock, LOOK_EVERY_MS);
      }
    } finally {
      this.#moving.delete(call);
    }
  }

  get #isNext(): boolean {
    return !this.#isOneLeaving && this.#options.clock.now() >= this.#nextAtMs;
  }

  /** Returns whether the call has left. */
  async #letGo(call: CallSession): Promise<boolean> {
    const { fleet, clock, log } = this.#options;
    const { callSid } = call.info;
    const startMs = clock.now();
    this.#isOneLeaving = true;
    try {
      let isTaken = false;
      const hasLeft = await call.move(async (kept) => {
        isTaken = await fleet.handOver(callSid, kept);
        this.#nextAtMs = clock.now() + Math.max(MOVE_EVERY_MS, clock.now() - startMs);
        return isTaken;
      });
      if (hasLeft) return true;
      fleet.keep(callSid);
      if (!isTaken) {
        log.warn("call_not_moved", {
          call: callSid,
          meaning: "the database did not take it; it goes on here",
        });
      }
      return false;
    } finally {
      this.#isOneLeaving = false;
    }
  }
}
