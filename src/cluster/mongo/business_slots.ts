import type { BusinessShare } from "../../admission/admission.ts";
import type { Clock } from "../../util/clock.ts";
import type { BusinessSlots } from "../peer_instances.ts";
import type { DatabaseTime } from "./database_time.ts";
import type { SlotDocument } from "./fleet_documents.ts";
import { type FleetLink, NO_ANSWER, TAKE_WITHIN_MS } from "./fleet_link.ts";
import type { FleetMembers } from "./fleet_members.ts";
import type { FleetStore } from "./fleet_store.ts";
import { setLatest } from "../../util/set_latest.ts";

/** Businesses whose last look is remembered. */
const MAX_REMEMBERED = 20_000;
/** Once the database is back, each instance has written down what it gave meanwhile within this time. */
const OTHERS_BACK_WITHIN_MS = 5_000;
/** Others take the number that was chosen: so often another one is. */
const MAX_TRIES = 30;

/** A slot of a business that limits its calls. */
export interface HeldSlot {
  readonly business: string;
  readonly isLive: boolean;
}

/** What the slots of businesses are taken with. */
export interface BusinessSlotsOptions {
  readonly link: FleetLink;
  /** This instance. */
  readonly instance: string;
  readonly time: DatabaseTime;
  readonly clock: Clock;
  readonly members: Pick<FleetMembers, "slotsOf" | "partOf">;
}

/**
 * The calls that businesses may have at once, over all instances. Each of them has a number below the limit,
 * and its document's key is that number: whoever inserts it has the slot.
 */
export class FleetSlots {
  readonly #options: BusinessSlotsOptions;
  /** The slots that were taken at the last look, by business; in the order of the looks. */
  readonly #known = new Map<string, { here: number; total: number }>();
  /** Until then others may not have written down what they gave while the database was away. */
  #aloneUntilMs = -Infinity;
  /** Calls whose slot was missing at the last reconciliation. */
  #missing: ReadonlySet<string> = new Set();
  /** Looks under way: calls that come at the same time share one. */
  readonly #looks = new Map<string, Promise<SlotDocument[] | typeof NO_ANSWER>>();
  /** Numbers that are just being taken here: `business#number`. */
  readonly #taking = new Set<string>();

  constructor(options: BusinessSlotsOptions) {
    this.#options = options;
  }

  /**
   * Takes a slot of the business for a call. Never rejects.
   * @param isBack it had one before. Default false
   */
  async take(call: string, { id, limits }: BusinessShare, isBack = false): Promise<BusinessSlots> {
    const { link, instance, time } = this.#options;
    const most = limits.callsAtOnce;
    if (most === undefined) return 0;
    if (!isBack && this.#options.clock.now() < this.#aloneUntilMs) return this.#alone(id, most);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const taken = await this.#look(id);
      if (taken === NO_ANSWER) return isBack ? "counted" : this.#alone(id, most);
      if (taken.some((slot) => slot.call === call)) return "counted";
      if (taken.length >= most) return "full";
      const number = this.#freeNumber(id, most, taken);
      if (number === undefined) continue; // all that were free are just being taken here
      const key = `${id}#${number}`;
      this.#taking.add(key);
      try {
        const slot = { business: id, call, instance, at: time.now() };
        const isTaken = await link.ask((store) => store.takeSlot(number, slot), TAKE_WITHIN_MS);
        if (isTaken === NO_ANSWER) return isBack ? "counted" : this.#alone(id, most);
        if (isTaken) {
          this.#remember(id, [...taken, { _id: key, ...slot }]);
          return "counted";
        }
      } finally {
        this.#taking.delete(key);
      }
    }
    return "full";
  }

  /**
   * Makes this instance the owner of the slots of its calls, which a webhook may have taken elsewhere, and
   * puts right what the database lacks of them, or has too much.
   *
   * @param held what has a slot here, by name
   * @param olderThan what is younger may be on its way into a slot of this instance
   * @param isBack the database was away: what was given meanwhile is written down at once
   */
  async reconcile(
    store: FleetStore,
    held: ReadonlyMap<string, HeldSlot>,
    { olderThan, isBack }: { olderThan: Date; isBack: boolean },
  ): Promise<void> {
    const { instance, time, clock } = this.#options;
    if (isBack) this.#aloneUntilMs = clock.now() + OTHERS_BACK_WITHIN_MS;
    const known = await store.slotsAt(instance);
    const stale = known.filter(({ call, at }) => !held.has(call) && at < olderThan);
    if (stale.length > 0) await store.freeSlots(stale.map(({ call }) => call), instance);
    let here = new Set(known.map(({ call }) => call));
    const isMissing = ([call]: [string, HeldSlot]) => !here.has(call);
    // What is only reserved here may have its stream, and its slot, elsewhere.
    const live = [...held].filter(isMissing).filter(([, { isLive }]) => isLive).map(([call]) => call);
    if (live.length > 0) {
      await store.ownSlots(live, instance, time.now());
      here = new Set((await store.slotsAt(instance)).map(({ call }) => call));
    }
    const missing = new Map([...held].filter(isMissing));
    for (const [call, { business }] of missing) {
      // What is missing for the first time may just be on its way into the database.
      if (isBack || this.#missing.has(call)) await this.#insert(store, call, business);
    }
    this.#missing = new Set(missing.keys());
  }

  /** Counts a call that goes on, whatever the limit is. */
  async #insert(store: FleetStore, call: string, business: string): Promise<void> {
    const { instance, time } = this.#options;
    const taken = await store.slotsOf(business);
    if (taken.some((slot) => slot.call === call)) return;
    const numbers = new Set(taken.map(({ _id }) => _id));
    for (let number = 0;; number++) {
      if (numbers.has(`${business}#${number}`)) continue;
      if (await store.takeSlot(number, { business, call, instance, at: time.now() })) return;
    }
  }

  /**
   * The database is away: of what was free when it was last asked each instance has its share, so
   * that all together give no more away than there is. What this one gives is written down with the next.
   */
  #alone(business: string, most: number): BusinessSlots {
    // A database that is only slow goes on giving slots to others: a caller who waits is better than one too
    // many.
    if (!this.#options.link.isAway && this.#options.clock.now() >= this.#aloneUntilMs) return "full";
    const { members } = this.#options;
    const [said, seen] = [members.slotsOf(business), this.#known.get(business) ?? { here: 0, total: 0 }];
    const free = Math.max(0, most - Math.max(said.total, seen.total));
    return most - Math.max(said.here, seen.here) - members.partOf(free);
  }

  #look(business: string): Promise<SlotDocument[] | typeof NO_ANSWER> {
    const under = this.#looks.get(business);
    if (under) return under;
    const look = this.#options.link.ask((store) => store.slotsOf(business), TAKE_WITHIN_MS).then((taken) => {
      this.#looks.delete(business);
      if (taken !== NO_ANSWER) this.#remember(business, taken);
      return taken;
    });
    this.#looks.set(business, look);
    return look;
  }

  #remember(business: string, taken: readonly SlotDocument[]): void {
    const here = taken.filter((slot) => slot.instance === this.#options.instance).length;
    setLatest(this.#known, business, { here, total: taken.length }, MAX_REMEMBERED);
  }

  /** One of the free numbers by chance, so that instances seldom choose the same. */
  #freeNumber(business: string, most: number, taken: readonly SlotDocument[]): number | undefined {
    const used = new Set([...taken.map(({ _id }) => _id), ...this.#taking]);
    const free: number[] = [];
    for (let number = 0; number < most; number++) if (!used.has(`${business}#${number}`)) free.push(number);
    return free[Math.floor(Math.random() * free.length)];
  }
}
