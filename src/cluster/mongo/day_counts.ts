import { businessDay, type DayLimits, type PastSpending, type Spending } from "../../admission/day_limits.ts";
import type { OutboundLimits } from "../../admission/outbound_limits.ts";
import type { PlacedCalls } from "../../admission/placed_calls.ts";
import { type Business, NO_BUSINESS } from "../../businesses/business.ts";
import type { BusinessDirectory } from "../../businesses/directory.ts";
import { startOfDay, timeZoneOf } from "../../businesses/opening_hours.ts";
import { addCounts } from "../../call/journal/usage.ts";
import type { DatabaseTime } from "./database_time.ts";
import type { DayDocument } from "./fleet_documents.ts";
import { type FleetLink, NO_ANSWER } from "./fleet_link.ts";
import type { FleetStore } from "./fleet_store.ts";
import { setLatest } from "../../util/set_latest.ts";

/**
 * Businesses with limits of the day whose counts are followed; the one that called longest ago is left
 * out.
 */
const MAX_FOLLOWED = 5_000;

/** What a business's calls took on one day, here or elsewhere. */
type DayCount = Omit<DayDocument, "_id" | "business" | "date" | "at">;
const NOTHING: DayCount = { minutes: 0, costUsd: 0, placedCalls: 0, placedCostUsd: 0 };

interface Followed {
  date: string;
  /** What this instance has counted. */
  own: DayCount;
  /** What of it the database does not have yet. */
  isDirty: boolean;
  /** What the others had counted when it was read last, all of which is counted here too. */
  others: DayCount;
  isKnown: boolean;
}

/** What the counts of days are kept with. */
export interface DayCountsOptions {
  readonly link: FleetLink;
  readonly instance: string;
  readonly time: DatabaseTime;
  readonly businesses: BusinessDirectory;
  readonly dayLimits: DayLimits;
  readonly outboundLimits: OutboundLimits;
  /** What records tell of a day that no instance has counted. Default: nothing. */
  readonly past?: PastSpending;
}

/**
 * What the calls of each business took today, over all instances. Each instance writes its own sums, in a
 * document that nobody else writes, and adds what the others have written to its own limits.
 */
export class DayCounts {
  readonly #options: DayCountsOptions;
  /** In the order of the last call. */
  readonly #followed = new Map<string, Followed>();

  constructor(options: DayCountsOptions) {
    this.#options = options;
  }

  spent(businessId: string, { minutes, costUsd }: Spending): void {
    this.#count(businessId, { ...NOTHING, minutes, costUsd });
  }

  placed(businessId: string, { calls, costUsd }: PlacedCalls): void {
    this.#count(businessId, { ...NOTHING, placedCalls: calls, placedCostUsd: costUsd });
  }

  /** Resolves when today's counts of the others are known here, or cannot be asked for. */
  async know(business: Business): Promise<void> {
    const { minutesPerDay, costPerDayUsd } = business.limits;
    const isLimited = minutesPerDay !== undefined || costPerDayUsd !== undefined ||
      business.outbound.to.length > 0;
    if (!isLimited) return;
    const followed = this.#follow(business);
    if (followed.isKnown) return;
    const days = await this.#options.link.ask((store) => store.daysOf([business.id], [followed.date]));
    if (days === NO_ANSWER) return;
    followed.isKnown = true;
    this.#take(business, followed, days);
    if (days.length === 0) void this.#recall(business, followed);
  }

  /** Writes what has been counted here, and reads what others have. */
  async exchange(store: FleetStore): Promise<void> {
    const { instance, businesses, time } = this.#options;
    if (this.#followed.size === 0) return;
    const dirty = [...this.#followed].filter(([, { isDirty }]) => isDirty);
    if (dirty.length > 0) {
      for (const [, followed] of dirty) followed.isDirty = false;
      try {
        await store.putDays(dirty.map(([business, { date, own }]) => ({
          _id: `${business}|${date}|${instance}`,
          business,
          date,
          ...own,
          at: time.now(),
        })));
      } catch (error) {
        for (const [, followed] of dirty) followed.isDirty = true;
        throw error;
      }
    }
    const dates = [...new Set([...this.#followed.values()].map(({ date }) => date))];
    const days = Map.groupBy(
      await store.daysOf([...this.#followed.keys()], dates),
      ({ business }) => business,
    );
    for (const [id] of [...this.#followed]) {
      const business = businesses.byId(id);
      if (business === NO_BUSINESS) this.#followed.delete(id);
      else this.#take(business, this.#follow(business), days.get(id) ?? []);
    }
  }

  /** Everything is to be written again: the database may have lost what it was told last. */
  renew(): void {
    for (const followed of this.#followed.values()) followed.isDirty = true;
  }

  #count(businessId: string, more: DayCount): void {
    const business = this.#options.businesses.byId(businessId);
    if (business === NO_BUSINESS) return;
    const followed = this.#follow(business);
    followed.own = addCounts(followed.own, more);
    followed.isDirty = true;
  }

  #follow(business: Business): Followed {
    const date = businessDay(business, this.#options.time.now().getTime());
    const before = this.#followed.get(business.id);
    if (before?.date === date) return before;
    const followed = { date, own: NOTHING, isDirty: false, others: NOTHING, isKnown: false };
    setLatest(this.#followed, business.id, followed, MAX_FOLLOWED);
    return followed;
  }

  /** Counts what the others have written since. */
  #take(business: Business, followed: Followed, days: readonly DayDocument[]): void {
    const { instance, dayLimits, outboundLimits } = this.#options;
    const own = `${business.id}|${followed.date}|${instance}`;
    const others = days.filter(({ _id, date }) => _id !== own && date === followed.date)
      .reduce<DayCount>(addCounts, NOTHING);
    const more = difference(others, followed.others);
    followed.others = others;
    dayLimits.add(business, { minutes: more.minutes, costUsd: more.costUsd });
    if (more.placedCalls !== 0 || more.placedCostUsd !== 0) {
      outboundLimits.addElsewhere(business, { calls: more.placedCalls, costUsd: more.placedCostUsd });
    }
  }

  /** No instance has counted this day: what the records say of it is written down for all, once. */
  async #recall(business: Business, followed: Followed): Promise<void> {
    const { link, past, time } = this.#options;
    const nowMs = time.now().getTime();
    const spending = await past?.(business.id, startOfDay(timeZoneOf(business), nowMs), nowMs);
    if (!spending || (spending.minutes === 0 && spending.costUsd === 0)) return;
    const _id = `${business.id}|${followed.date}|records`;
    const day = { _id, business: business.id, date: followed.date, ...NOTHING, ...spending, at: time.now() };
    await link.tell((store) => store.putDays([day]));
  }
}

function difference(a: DayCount, b: DayCount): DayCount {
  return {
    minutes: a.minutes - b.minutes,
    costUsd: a.costUsd - b.costUsd,
    placedCalls: a.placedCalls - b.placedCalls,
    placedCostUsd: a.placedCostUsd - b.placedCostUsd,
  };
}
