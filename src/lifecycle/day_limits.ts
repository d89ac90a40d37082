import type { Business } from "../businesses/business.ts";
import { localDate } from "../businesses/opening_hours.ts";

/** Businesses whose spending is remembered. Beyond it the one that was added to longest ago is forgotten. */
export const MAX_SPENDERS = 20_000;

/** What the calls of a day took. */
export interface Spending {
  minutes: number;
  /** Nothing for a model whose price is not known. */
  costUsd: number;
}

/**
 * What each business's calls have taken today, against the limits of its file. A day is that of the business's time zone,
 * UTC where it has none. Calls count when they end, so that those under way never do: none is cut for what it costs.
 */
export class DayLimits {
  readonly #epochMs: () => number;
  /** By business, in the order of the last addition. Only businesses with a limit are here. */
  readonly #spent = new Map<string, Spending & { date: string }>();

  /** @param epochMs the time of day, in milliseconds since 1970 */
  constructor(epochMs: () => number) {
    this.#epochMs = epochMs;
  }

  /** What a business's calls have taken today. */
  spentToday(business: Business): Readonly<Spending> {
    const spent = this.#spent.get(business.id);
    return spent?.date === this.#today(business) ? spent : { minutes: 0, costUsd: 0 };
  }

  /** Whether a business has had its calls of today. */
  isSpent(business: Business): boolean {
    const { minutesPerDay = Infinity, costPerDayUsd = Infinity } = business.limits;
    if (minutesPerDay === Infinity && costPerDayUsd === Infinity) return false;
    const { minutes, costUsd } = this.spentToday(business);
    return minutes >= minutesPerDay || costUsd >= costPerDayUsd;
  }

  /** Counts a call that is over, if its business has a limit; tells whether it has. */
  add(business: Business, { minutes, costUsd }: Spending): boolean {
    const { minutesPerDay, costPerDayUsd } = business.limits;
    if (minutesPerDay === undefined && costPerDayUsd === undefined) return false;
    const before = this.spentToday(business);
    this.#spent.delete(business.id);
    this.#spent.set(business.id, {
      date: this.#today(business),
      minutes: before.minutes + minutes,
      costUsd: before.costUsd + costUsd,
    });
    if (this.#spent.size > MAX_SPENDERS) this.#spent.delete(this.#spent.keys().next().value!);
    return true;
  }

  #today({ hours }: Business): string {
    return localDate(hours?.timeZone ?? "UTC", this.#epochMs());
  }
}
