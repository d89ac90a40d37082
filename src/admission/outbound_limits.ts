import type { Business } from "../businesses/business.ts";
import type { OutboundLedger } from "./outbound_ledger.ts";
import { type PlacedCalls, PlacedCounts } from "./placed_calls.ts";

/** Why a business may place no call now. */
export type OutboundRefusal = "calls_per_minute" | "calls_per_day" | "cost_per_day";

/**
 * How many calls each business has placed, and what they cost at OpenAI, against `outbound` in its file. The
 * day is that of the business's time zone, or UTC.
 */
export class OutboundLimits {
  readonly #all: PlacedCounts;
  /** What this process has placed itself: the others keep what is theirs. */
  readonly #own: PlacedCounts;
  readonly #ledger: OutboundLedger | undefined;

  /**
   * @param epochMs the time of day, in milliseconds since 1970
   * @param ledger what outlives this process. Default: nothing does
   */
  constructor(epochMs: () => number, ledger?: OutboundLedger) {
    this.#all = new PlacedCounts(epochMs, ledger?.earlier);
    this.#own = new PlacedCounts(epochMs);
    this.#ledger = ledger;
  }

  /** Why the business may place no call now; undefined when it may. */
  refusal(business: Business): OutboundRefusal | undefined {
    const { callsPerMinute, callsPerDay } = business.outbound;
    const { calls, level } = this.#all.of(business);
    if (level + 1 > callsPerMinute) return "calls_per_minute";
    if (calls >= callsPerDay) return "calls_per_day";
    return this.isCostSpent(business) ? "cost_per_day" : undefined;
  }

  /** Whether the calls that the business placed today have cost what they may. */
  isCostSpent(business: Business): boolean {
    return this.#all.of(business).costUsd >= business.outbound.costPerDayUsd;
  }

  /** Counts calls that this process placed, and what they cost once that is known. */
  add(business: Business, placed: PlacedCalls): void {
    this.addElsewhere(business, placed);
    this.#own.add(business, placed);
    this.#ledger?.keep(() => this.#own.entries(), placed.calls > 0);
  }

  /** Counts calls that another worker placed. */
  addElsewhere(business: Business, placed: PlacedCalls): void {
    this.#all.add(business, placed);
  }
}
