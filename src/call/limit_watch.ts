import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import type { CallServices } from "./call_services.ts";
import type { CallInfo, CallLimit } from "./call_summary.ts";
import { LINES } from "./conversation/instructions.ts";
import type { Journal } from "./journal/journal.ts";

/** How often what a call has taken counts against limits that it shares with other calls. */
const BOOK_EVERY_MS = 5_000;

/** What a watch over limits works with. */
export interface LimitWatchParts extends Pick<CallServices, "callCost" | "book" | "spentLimit"> {
  info: CallInfo;
  clock: Clock;
  log: Log;
  journal: Journal;
  /** Says goodbye by `line`, and hangs up. */
  leave: (line: string) => void;
}

/**
 * The limits of the business that end a call under way. What the call costs is looked at while it costs it:
 * alone, and with the other calls of its business.
 */
export class LimitWatch {
  readonly #parts: LimitWatchParts;
  #reached: CallLimit | undefined;
  #nextBookingMs: number;

  constructor(parts: LimitWatchParts) {
    this.#parts = parts;
    this.#nextBookingMs = parts.clock.now() + BOOK_EVERY_MS;
  }

  /** The limit that was reached first, for which the call says goodbye; undefined while there is none. */
  get reached(): CallLimit | undefined {
    return this.#reached;
  }

  /** A second has passed, in which the call has not said goodbye. */
  look(): void {
    const { info, clock, journal, callCost, book, spentLimit } = this.#parts;
    const { durationMs, usage } = journal.soFar();
    const costUsd = callCost(info.business, usage) ?? 0;
    const { costPerCallUsd, minutesPerDay, costPerDayUsd } = info.business.limits;
    if (costUsd >= costPerCallUsd) return this.reach("call_cost");
    if (minutesPerDay === undefined && costPerDayUsd === undefined && !info.isOutbound) return;
    const nowMs = clock.now();
    if (nowMs >= this.#nextBookingMs) {
      this.#nextBookingMs = nowMs + BOOK_EVERY_MS;
      book(info, journal.book({ durationMs, costUsd }));
    }
    const limit = spentLimit(info);
    if (limit) this.reach(limit);
  }

  /** A limit is reached: the call says goodbye for good. */
  reach(limit: CallLimit): void {
    const { log, journal, leave } = this.#parts;
    if (this.#reached === undefined) {
      this.#reached = limit;
      log.warn("limit_reached", { limit });
      journal.limitReached(limit);
    }
    leave(limit === "call_minutes" ? LINES.end : LINES.limit);
  }
}
