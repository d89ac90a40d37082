import type { Business } from "../businesses/business.ts";
import { businessDay } from "./day_limits.ts";

/** Businesses whose calls are remembered. Above that, the one that called longest ago is forgotten. */
const MAX_CALLERS = 20_000;
const MINUTE_MS = 60_000;

/** What calls that a business placed add to its count. */
export interface PlacedCalls {
  readonly calls: number;
  /** 0 while they last, and for a model whose price is unknown. */
  readonly costUsd: number;
}

/** Why a business may place no call now. */
export type OutboundRefusal = "calls_per_minute" | "calls_per_day" | "cost_per_day";

interface Placed {
  date: string;
  calls: number;
  costUsd: number;
  /** Calls of about the last minute: each call adds one, and it falls evenly. */
  level: number;
  levelAtMs: number;
}

/**
 * How many calls each business has placed, and what they cost at OpenAI, against `outbound` in its file.
 * Counted since the process started; the day is that of the business's time zone, or UTC.
 */
export class OutboundLimits {
  readonly #epochMs: () => number;
  /** In the order of the last call. */
  readonly #placed = new Map<string, Placed>();

  /** @param epochMs the time of day, in milliseconds since 1970 */
  constructor(epochMs: () => number) {
    this.#epochMs = epochMs;
  }

  /** Why the business may place no call now; undefined when it may. */
  refusal(business: Business): OutboundRefusal | undefined {
    const { callsPerMinute, callsPerDay } = business.outbound;
    const { calls, level } = this.#now(business);
    if (level + 1 > callsPerMinute) return "calls_per_minute";
    if (calls >= callsPerDay) return "calls_per_day";
    return this.isCostSpent(business) ? "cost_per_day" : undefined;
  }

  /** Whether the calls that the business placed today have cost what they may. */
  isCostSpent(business: Business): boolean {
    return this.#now(business).costUsd >= business.outbound.costPerDayUsd;
  }

  /** Counts calls, and what they cost once that is known. */
  add(business: Business, { calls, costUsd }: PlacedCalls): void {
    const now = this.#now(business);
    this.#placed.delete(business.id);
    this.#placed.set(business.id, {
      ...now,
      calls: now.calls + calls,
      costUsd: now.costUsd + costUsd,
      level: now.level + calls,
    });
    if (this.#placed.size > MAX_CALLERS) this.#placed.delete(this.#placed.keys().next().value!);
  }

  #now(business: Business): Placed {
    const nowMs = this.#epochMs();
    const date = businessDay(business, nowMs);
    const placed = this.#placed.get(business.id);
    if (!placed) return { date, calls: 0, costUsd: 0, level: 0, levelAtMs: nowMs };
    const fallen = business.outbound.callsPerMinute * Math.max(0, nowMs - placed.levelAtMs) / MINUTE_MS;
    const today = placed.date === date ? placed : { calls: 0, costUsd: 0 };
    return {
      date,
      calls: today.calls,
      costUsd: today.costUsd,
      level: Math.max(0, placed.level - fallen),
      levelAtMs: nowMs,
    };
  }
}
