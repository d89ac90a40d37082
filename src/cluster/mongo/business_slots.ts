import type { BusinessShare } from "../../admission/admission.ts";
import type { BusinessSlots } from "../peer_instances.ts";
import type { SlotDocument } from "./fleet_documents.ts";
import { type FleetLink, NO_ANSWER } from "./fleet_link.ts";
import type { FleetMembers } from "./fleet_members.ts";
import type { FleetStore } from "./fleet_store.ts";

/** Businesses whose last look is remembered. */
const MAX_REMEMBERED = 20_000;
/** Others take the number that was chosen: so often another one is. */
const MAX_TRIES = 30;

/** What the slots of businesses are taken with. */
export interface BusinessSlotsOptions {
  readonly link: FleetLink;
  /** This instance. */
  readonly instance: string;
  /** The database's time. */
  readonly now: () => Date;
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
    const { link, instance, now } = this.#options;
    const most = limits.callsAtOnce;
    if (most === undefined) return 0;
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
        const slot = { business: id, call, instance, at: now() };
        const isTaken = await link.ask((store) => store.takeSlot(number, slot));
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
   * Puts right what the database has of this instance's slots, after it was away, or whatever has been lost.
   *
   * @param held calls that have a slot here, by the business that limits them
   * @returns calls whose slot was missing
   */
  async reconcile(
    store: FleetStore,
    held: ReadonlyMap<string, string>,
    olderThan: Date,
  ): Promise<string[]> {
    const { instance, now } = this.#options;
    const known = await store.slotsAt(instance);
    // What is younger may be on its way into a slot of this instance.
    const stale = known.filter(({ call, at }) => !held.has(call) && at < olderThan);
    if (stale.length > 0) await store.freeSlots(stale.map(({ call }) => call), instance);
    const here = new Set(known.map(({ call }) => call));
    const missing = [...held].filter(([call]) => !here.has(call));
    for (const [call, business] of missing) {
      const taken = await store.slotsOf(business);
      if (taken.some((slot) => slot.call === call)) {
        await store.ownSlots([call], instance, now());
        continue;
      }
      // Counted whatever the limit is: the call goes on.
      const numbers = new Set(taken.map(({ _id }) => _id));
      for (let number = 0;; number++) {
        if (numbers.has(`${business}#${number}`)) continue;
        if (await store.takeSlot(number, { business, call, instance, at: now() })) break;
      }
    }
    return missing.map(([call]) => call);
  }

  /**
   * The database does not say in time: of what was free when it last did each instance has its share, so
   * that all together give no more away than there is. What this one gives is written down with the next.
   */
  #alone(business: string, most: number): BusinessSlots {
    const { members } = this.#options;
    const [said, seen] = [members.slotsOf(business), this.#known.get(business) ?? { here: 0, total: 0 }];
    const free = Math.max(0, most - Math.max(said.total, seen.total));
    return most - Math.max(said.here, seen.here) - members.partOf(free);
  }

  #look(business: string): Promise<SlotDocument[] | typeof NO_ANSWER> {
    const under = this.#looks.get(business);
    if (under) return under;
    const look = this.#options.link.ask((store) => store.slotsOf(business)).then((taken) => {
      this.#looks.delete(business);
      if (taken !== NO_ANSWER) this.#remember(business, taken);
      return taken;
    });
    this.#looks.set(business, look);
    return look;
  }

  #remember(business: string, taken: readonly SlotDocument[]): void {
    const here = taken.filter((slot) => slot.instance === this.#options.instance).length;
    this.#known.delete(business);
    this.#known.set(business, { here, total: taken.length });
    if (this.#known.size > MAX_REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
  }

  /** One of the free numbers by chance, so that instances seldom choose the same. */
  #freeNumber(business: string, most: number, taken: readonly SlotDocument[]): number | undefined {
    const used = new Set([...taken.map(({ _id }) => _id), ...this.#taking]);
    const free: number[] = [];
    for (let number = 0; number < most; number++) if (!used.has(`${business}#${number}`)) free.push(number);
    return free[Math.floor(Math.random() * free.length)];
  }
}
