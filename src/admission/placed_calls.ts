import type { Business } from "../businesses/business.ts";
import { businessDay } from "./day_limits.ts";
import { setLatest } from "../util/set_latest.ts";

/** Businesses whose calls are remembered. Above that, the one that called longest ago is forgotten. */
const MAX_CALLERS = 20_000;
const MINUTE_MS = 60_000;

/** What calls that a business placed add to its count. */
export interface PlacedCalls {
  readonly calls: number;
  /** 0 while they last, and for a model whose price is unknown. */
  readonly costUsd: number;
}

/** What one business has placed lately. */
export interface PlacedLately extends PlacedCalls {
  /** The day that is counted, by the business's time zone: `2026-11-30`. */
  readonly date: string;
  /** Calls of about the last minute: each call adds one, and it falls evenly. */
  readonly level: number;
  /** Unix time. */
  readonly levelAtMs: number;
}

/** The calls that businesses have placed, today and in about the last minute. */
export class PlacedCounts {
  readonly #epochMs: () => number;
  /** In the order of the last call. */
  readonly #placed: Map<string, PlacedLately>;

  /**
   * @param epochMs the time of day, in milliseconds since 1970
   * @param earlier by business. Default: none
   */
  constructor(epochMs: () => number, earlier: Iterable<readonly [string, PlacedLately]> = []) {
    this.#epochMs = epochMs;
    this.#placed = new Map(earlier);
  }

  /** All that is remembered, by business. */
  entries(): Iterable<[string, PlacedLately]> {
    return this.#placed.entries();
  }

  add(business: Business, { calls, costUsd }: PlacedCalls): void {
    const now = this.of(business);
    const placed = {
      ...now,
      calls: now.calls + calls,
      costUsd: now.costUsd + costUsd,
      level: now.level + calls,
    };
    setLatest(this.#placed, business.id, placed, MAX_CALLERS);
  }

  of(business: Business): PlacedLately {
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
