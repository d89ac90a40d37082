import type { Business } from "../businesses/business.ts";
import { localDate, startOfDay } from "../businesses/opening_hours.ts";

/** Businesses whose spending is remembered. Beyond it the one that was added to longest ago is forgotten. */
export const MAX_SPENDERS = 20_000;

/** What the calls of a day took. */
export interface Spending {
  minutes: number;
  /** Nothing for a model whose price is not known. */
  costUsd: number;
}

/**
 * Tells what the calls of a business took that ended from `fromMs` to before `untilMs` (Unix time); undefined when that
 * cannot be told now. Never rejects.
 */
export type PastSpending = (
  businessId: string,
  fromMs: number,
  untilMs: number,
) => Promise<Spending | undefined>;

/**
 * What each business's calls have taken today, against the limits of its file. A day is that of the business's time zone,
 * UTC where it has none. Calls count when they end, so that those under way never do: none is cut for what it costs.
 */
export class DayLimits {
  readonly #epochMs: () => number;
  readonly #past: PastSpending | undefined;
  /** What ended before is for {@link PastSpending} to tell. */
  readonly #startedMs: number;
  /** Businesses of which that was asked; at most {@link MAX_SPENDERS}. */
  readonly #recalled = new Set<string>();
  /** By business, in the order of the last addition. Only businesses with a limit are here. */
  readonly #spent = new Map<string, Spending & { date: string }>();

  /**
   * @param epochMs the time of day, in milliseconds since 1970
   * @param past what other processes have counted before this one began. Default: nothing
   */
  constructor(epochMs: () => number, past?: PastSpending) {
    this.#epochMs = epochMs;
    this.#past = past;
    this.#startedMs = epochMs();
  }

  /** What a business's calls have taken today. */
  spentToday(business: Business): Readonly<Spending> {
    const spent = this.#spent.get(business.id);
    return spent?.date === this.#today(business) ? spent : { minutes: 0, costUsd: 0 };
  }

  /** Whether a business has had its calls of today. The first time, what was before this process is only looked up. */
  isSpent(business: Business): boolean {
    const { minutesPerDay = Infinity, costPerDayUsd = Infinity } = business.limits;
    if (minutesPerDay === Infinity && costPerDayUsd === Infinity) return false;
    void this.#recall(business);
    const { minutes, costUsd } = this.spentToday(business);
    return minutes >= minutesPerDay || costUsd >= costPerDayUsd;
  }

  /** Counts a call that is over, if its business has a limit; tells whether it has. */
  add(business: Business, spending: Spending): boolean {
    const { minutesPerDay, costPerDayUsd } = business.limits;
    if (minutesPerDay === undefined && costPerDayUsd === undefined) return false;
    this.#count(business, spending);
    return true;
  }

  /** Asks once what was spent today before this process began; again when it could not be told. */
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
    this.#spent.delete(business.id);
    this.#spent.set(business.id, {
      date: this.#today(business),
      minutes: before.minutes + minutes,
      costUsd: before.costUsd + costUsd,
    });
    if (this.#spent.size > MAX_SPENDERS) this.#spent.delete(this.#spent.keys().next().value!);
  }

  #today(business: Business): string {
    return localDate(timeZoneOf(business), this.#epochMs());
  }
}

function timeZoneOf({ hours }: Business): string {
  return hours?.timeZone ?? "UTC";
}
