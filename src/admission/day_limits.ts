import type { Business } from "../businesses/business.ts";
import { localDate, startOfDay, timeZoneOf } from "../businesses/opening_hours.ts";
import { setLatest } from "../util/set_latest.ts";

/** Businesses whose spending is remembered. Above that, the one that spent longest ago is forgotten. */
export const MAX_SPENDERS = 20_000;

/** What calls used. */
export interface Spending {
  minutes: number;
  /** 0 for a model whose price is unknown. */
  costUsd: number;
}

/**
 * Returns what the calls of a business used that ended from `fromMs` until just before `untilMs` (Unix time);
 * undefined when that is not available now. Never rejects.
 */
export type PastSpending = (
  businessId: string,
  fromMs: number,
  untilMs: number,
) => Promise<Spending | undefined>;

/**
 * What each business's calls used today, against the limits in its file. The day is that of the business's
 * time zone, or UTC. Calls of a business with a limit count every few seconds, and when they end.
 */
export class DayLimits {
  readonly #epochMs: () => number;
  readonly #past: PastSpending | undefined;
  /** Calls that ended before this are known only to {@link PastSpending}. */
  readonly #startedMs: number;
  /** Businesses whose past was looked up; at most {@link MAX_SPENDERS}. */
  readonly #recalled = new Set<string>();
  /** By business, in the order of the last addition. Only businesses with a limit. */
  readonly #spent = new Map<string, Spending & { date: string }>();

  /**
   * @param epochMs the time of day, in milliseconds since 1970
   * @param past what calls used before this process started. Default: nothing
   */
  constructor(epochMs: () => number, past?: PastSpending) {
    this.#epochMs = epochMs;
    this.#past = past;
    this.#startedMs = epochMs();
  }

  /** What a business's calls used today. */
  spentToday(business: Business): Readonly<Spending> {
    const spent = this.#spent.get(business.id);
    return spent?.date === this.#today(business) ? spent : { minutes: 0, costUsd: 0 };
  }

  /**
   * Whether a business has used up today's limit. The first call also starts looking up what it used before
   * this process.
   */
  isSpent(business: Business): boolean {
    return this.spentLimit(business) !== undefined;
  }

  /** Which of today's limits a business has used up; undefined when none. Otherwise as {@link isSpent}. */
  spentLimit(business: Business): "day_minutes" | "day_cost" | undefined {
    const { minutesPerDay = Infinity, costPerDayUsd = Infinity } = business.limits;
    if (minutesPerDay === Infinity && costPerDayUsd === Infinity) return undefined;
    void this.#recall(business);
    const { minutes, costUsd } = this.spentToday(business);
    if (minutes >= minutesPerDay) return "day_minutes";
    return costUsd >= costPerDayUsd ? "day_cost" : undefined;
  }

  /** Counts what calls used if their business has a limit. Returns whether it has one. */
  add(business: Business, spending: Spending): boolean {
    const { minutesPerDay, costPerDayUsd } = business.limits;
    if (minutesPerDay === undefined && costPerDayUsd === undefined) return false;
    this.#count(business, spending);
    return true;
  }

  /** Looks up once what was used today before this process started; again after a failure. */
  async #recall(business: Business): Promise<void> {
    const { id } = business;
    if (!this.#past || this.#recalled.has(id) || this.#recalled.size >= MAX_SPENDERS) return;
    this.#recalled.add(id);
    const dayMs = startOfDay(timeZoneOf(business), this.#epochMs());
    if (dayMs >= this.#startedMs) return;
    const date = this.#today(business);
    const spending = await this.#past(id, dayMs, this.#startedMs);
    if (spending === undefined) this.#recalled.delete(id);
    else if (this.#today(business) === date) this.#count(business, spending);
  }

  #count(business: Business, { minutes, costUsd }: Spending): void {
    const before = this.spentToday(business);
    const date = this.#today(business);
    const spent = { date, minutes: before.minutes + minutes, costUsd: before.costUsd + costUsd };
    setLatest(this.#spent, business.id, spent, MAX_SPENDERS);
  }

  #today(business: Business): string {
    return businessDay(business, this.#epochMs());
  }
}

/** The date where a business is, or in UTC when it names no time zone. */
export function businessDay(business: Pick<Business, "hours" | "timeZone">, epochMs: number): string {
  return localDate(timeZoneOf(business), epochMs);
}
