import type { Admission, BusinessShare } from "../../admission/admission.ts";
import type { Clock } from "../../util/clock.ts";
import { ExpiringMap } from "../../util/expiring_map.ts";
import { setLatest } from "../../util/set_latest.ts";
import type { BusinessSlots } from "../peer_instances.ts";
import type { DatabaseTime } from "./database_time.ts";
import type { SlotDocument } from "./fleet_documents.ts";
import { type FleetLink, NO_ANSWER, TAKE_WITHIN_MS } from "./fleet_link.ts";
import { type FleetMembers, HEARD_WITHIN_MS } from "./fleet_members.ts";
import type { FleetStore } from "./fleet_store.ts";
import { slotShare } from "./slot_share.ts";

/** Businesses whose last look is remembered. */
const MAX_REMEMBERED = 20_000;
/**
 * A call that was let in here while the database cannot be asked, and whose stream went to another instance,
 * counts here for so long: as long as many calls last, since nobody tells how long this one does.
 */
const LET_IN_COUNTS_MS = 3 * 60_000;
/** Such calls; the one let in longest ago counts no more. */
const MAX_LET_IN = 5_000;
/** What was seen of a business's slots counts for so long beside what instances say of themselves. */
const SEEN_COUNTS_MS = 4_000;
/** Others take the number that was chosen: so often another one is. */
const MAX_TRIES = 30;
/** All questions for a slot together wait so long: two that take a second each are waited for. */
const SLOT_WITHIN_MS = 2_500;
/** What was read of a business's slots serves for so long whoever is waiting for other answers meanwhile. */
const SEEN_SERVES_MS = 250;
/** So often what was let in meanwhile is written down before nothing more is let in. */
const MAX_PASSES = 5;
/** Businesses of which it is kept for that. */
const MAX_SEEN = 100;

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
  readonly members: Pick<FleetMembers, "heldOf" | "view" | "isWhole" | "areHeard">;
  readonly admission: Pick<Admission, "slotsOf" | "hasReserved" | "isLive">;
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * The calls that businesses may have at once, over all instances. Each of them has a number below the limit,
 * and its document's key is that number: whoever inserts it has the slot. An instance that cannot ask gives
 * what {@link slotShare} leaves it; and when the database is back, no more than that until all others have
 * written down what they gave meanwhile.
 */
export class FleetSlots {
  readonly #options: BusinessSlotsOptions;
  /** How many slots each instance had at the last look, by business; in the order of the looks. */
  readonly #known = new Map<string, { readonly atMs: number; readonly slots: ReadonlyMap<string, number> }>();
  /** The database is back, and others may not have written down what they gave while it was away. */
  #isSettling = false;
  /** When this instance last heard of the others, on the monotonic clock. */
  #heardAtMs = -Infinity;
  /**
   * Calls that were let in here while it cannot be asked, and their businesses: each may have its stream in
   * another instance.
   */
  readonly #letIn: ExpiringMap<string>;
  /** Calls whose slot was missing at the last reconciliation. */
  #missing: ReadonlySet<string> = new Set();
  /** Looks under way: calls that come at the same time share one. */
  readonly #looks = new Map<string, Promise<SlotDocument[] | typeof NO_ANSWER>>();
  /** What looks have just found, unless it has changed here since. */
  readonly #seen: ExpiringMap<readonly SlotDocument[]>;
  /** Numbers that are just being taken here: `business#number`. */
  readonly #taking = new Set<string>();

  constructor(options: BusinessSlotsOptions) {
    this.#options = options;
    const nowMs = () => options.clock.now();
    this.#letIn = new ExpiringMap({ maxEntries: MAX_LET_IN, lifetimeMs: LET_IN_COUNTS_MS, nowMs });
    this.#seen = new ExpiringMap({ maxEntries: MAX_SEEN, lifetimeMs: SEEN_SERVES_MS, nowMs });
  }

  /** A call of the business is about to ask for a slot: what there is of them is looked at meanwhile. */
  expect({ id, limits }: BusinessShare): void {
    const { link, clock } = this.#options;
    if (limits.callsAtOnce !== undefined && !link.isAway) void this.#look(id, clock.awake() + TAKE_WITHIN_MS);
  }

  /**
   * Takes a slot of the business for a call, within {@link SLOT_WITHIN_MS}. Never rejects.
   * @param isBack it had one before. Default false
   */
  async take(call: string, { id, limits }: BusinessShare, isBack = false): Promise<BusinessSlots> {
    const { link, instance, time, admission, clock } = this.#options;
    const most = limits.callsAtOnce;
    if (most === undefined) return 0;
    const untilMs = clock.awake() + SLOT_WITHIN_MS;
    for (let tries = 0; tries < MAX_TRIES && clock.awake() < untilMs; tries++) {
      const isWithinShare = this.#mayOthersDecideAlone && !isBack;
      if (isWithinShare && !this.#hasShare) return "elsewhere";
      if (isWithinShare && admission.slotsOf(id) + this.#slotsElsewhere(id, most) >= most) return "full";
      const taken = (tries === 0 && this.#seen.get(id)) || await this.#look(id, untilMs);
      if (taken === NO_ANSWER) {
        if (isBack) return "counted";
        if (link.isAway || link.isSilent) return this.#alone(call, id, most);
        continue; // another question has just been answered
      }
      if (taken.some((slot) => slot.call === call)) return "counted";
      if (taken.length >= most) return "full";
      const number = this.#freeNumber(id, most, taken);
      if (number === undefined) continue; // all that were free are just being taken here
      const key = `${id}#${number}`;
      this.#taking.add(key);
      try {
        const slot = { business: id, call, instance, at: time.now() };
        const isTaken = await link.askUnlessSilent((store) => store.takeSlot(number, slot), untilMs);
        if (isTaken === NO_ANSWER) {
          if (isBack) return "counted";
          if (link.isAway || link.isSilent) return this.#alone(call, id, most);
          continue;
        }
        if (isTaken) {
          this.#seen.delete(id);
          this.#remember(id, [...taken, { _id: key, ...slot }]);
          return isWithinShare ? this.#slotsElsewhere(id, most) : "counted";
        }
      } finally {
        this.#taking.delete(key);
      }
    }
    return isBack ? "counted" : "full";
  }

  /** The database is away: each has its share, and may give it. */
  left(): void {
    this.#isSettling = false;
  }

  /** Nobody has the slot of a call any more; one that was only reserved may be live in another instance. */
  freed(call: string, business: string, wasLive: boolean): void {
    this.#seen.delete(business);
    if (wasLive) this.#letIn.delete(call);
    else if (this.#options.link.isAway) this.#letIn.set(call, business);
  }

  /** A call is over. */
  forget(call: string): void {
    this.#letIn.delete(call);
  }

  /**
   * Makes this instance the owner of the slots of its calls, which a webhook may have taken elsewhere, and
   * puts right what the database lacks of them, or has too much.
   *
   * @param heldNow what has a slot here, by name
   * @param olderThan what is younger may be on its way into a slot of this instance
   * @param isBack the database was away: what was given meanwhile is written down at once
   */
  async reconcile(
    store: FleetStore,
    heldNow: () => ReadonlyMap<string, HeldSlot>,
    { olderThan, isBack }: { olderThan: Date; isBack: boolean },
  ): Promise<void> {
    const { instance, time, members, clock } = this.#options;
    const known = await store.slotsAt(instance);
    this.#heardAtMs = clock.now();
    const held = heldNow();
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
    if (isBack) await this.#insertLetIn(store);
    // By then what was seen is in what the others have said of themselves.
    for (const [id, { atMs }] of this.#known) if (clock.now() - atMs > SEEN_COUNTS_MS) this.#known.delete(id);
    if (isBack || !members.isWhole) return;
    this.#isSettling = false;
    this.#letIn.clear();
  }

  /**
   * Counts what was let in here: it may be live in an instance that does not know that nobody counted it.
   * From then on nothing is given alone.
   */
  async #insertLetIn(store: FleetStore): Promise<void> {
    const looked = new Set<string>();
    const rest = () => this.#letIn.entries.filter(([call]) => !looked.has(call));
    for (let passes = 0; !this.#isSettling; passes++) {
      // Callers who come meanwhile are let in, and looked at next.
      const calls = rest();
      this.#isSettling = calls.length === 0 || passes === MAX_PASSES;
      if (calls.length === 0) break;
      const over = (await store.placesOf(calls.map(([call]) => call))).filter(({ ending }) =>
        ending !== null
      );
      for (const { _id } of over) this.#letIn.delete(_id);
      for (const [call, business] of calls) {
        if (this.#letIn.get(call) !== undefined) await this.#insert(store, call, business);
        looked.add(call);
      }
    }
  }

  /** Counts a call that goes on, whatever the limit is. */
  async #insert(store: FleetStore, call: string, business: string): Promise<void> {
    const { instance, time, admission } = this.#options;
    const taken = await store.slotsOf(business);
    const isOver = !this.#letIn.has(call) && !admission.hasReserved(call) && !admission.isLive(call);
    if (isOver || taken.some((slot) => slot.call === call)) return;
    const numbers = new Set(taken.map(({ _id }) => _id));
    for (let number = 0;; number++) {
      if (numbers.has(`${business}#${number}`)) continue;
      if (await store.takeSlot(number, { business, call, instance, at: time.now() })) return;
    }
  }

  /**
   * The database does not answer: this instance gives what is left of its share. What it gives is written
   * down with the next heartbeat that succeeds.
   */
  #alone(call: string, business: string, most: number): BusinessSlots {
    // A database that is only slow goes on giving slots to others: a caller who waits is better than one too
    // many.
    const { link, admission } = this.#options;
    if (this.#isSettling) return "full";
    if (!this.#hasShare) return "elsewhere";
    const elsewhere = this.#slotsElsewhere(business, most);
    if (admission.slotsOf(business) + elsewhere >= most) return "full";
    this.#letIn.set(call, business);
    if (!link.isAway) link.tellInTurn([call], (store) => this.#insert(store, call, business));
    return elsewhere;
  }

  /** The database can be asked here, and does not know what others are giving without it. */
  get #mayOthersDecideAlone(): boolean {
    const { members, clock } = this.#options;
    return this.#isSettling || !members.areHeard || clock.now() - this.#heardAtMs >= HEARD_WITHIN_MS;
  }

  /** False as long as others may give all that there is, since they have not noticed this instance. */
  get #hasShare(): boolean {
    return this.#options.members.view.length > 0;
  }

  /** What of a business's slots is not for this instance to give, now that it gives its share alone. */
  #slotsElsewhere(business: string, most: number): number {
    const { members, admission, instance: self } = this.#options;
    const held = members.heldOf(business);
    for (const [instance, slots] of this.#known.get(business)?.slots ?? []) {
      held.set(instance, Math.max(slots, held.get(instance) ?? 0));
    }
    const elsewhere =
      this.#letIn.entries.filter(([call, id]) =>
        id === business && !admission.hasReserved(call) && !admission.isLive(call)
      ).length;
    return most - slotShare({ self, most, view: members.view, held }) + elsewhere;
  }

  #look(business: string, untilMs: number): Promise<SlotDocument[] | typeof NO_ANSWER> {
    const under = this.#looks.get(business);
    if (under) return under;
    const look = this.#options.link.askUnlessSilent((store) => store.slotsOf(business), untilMs)
      .then((taken) => {
        this.#looks.delete(business);
        if (taken === NO_ANSWER) return taken;
        this.#seen.set(business, taken);
        this.#remember(business, taken);
        return taken;
      });
    this.#looks.set(business, look);
    return look;
  }

  #remember(business: string, taken: readonly SlotDocument[]): void {
    const slots = new Map<string, number>();
    for (const { instance } of taken) slots.set(instance, (slots.get(instance) ?? 0) + 1);
    setLatest(this.#known, business, { atMs: this.#options.clock.now(), slots }, MAX_REMEMBERED);
  }

  /**
   * One of the free numbers by chance, so that instances seldom choose the same. A call that was counted
   * beyond the limit's numbers keeps the highest of the free ones from everybody: those that choose at the
   * same time have as many between them as there is room for.
   */
  #freeNumber(business: string, most: number, taken: readonly SlotDocument[]): number | undefined {
    const used = new Set(taken.map(({ _id }) => _id));
    const free: number[] = [];
    for (let number = 0; number < most; number++) if (!used.has(`${business}#${number}`)) free.push(number);
    // As many are left as calls are below the limit, whatever their numbers.
    const open = free.slice(0, Math.max(0, most - taken.length))
      .filter((number) => !this.#taking.has(`${business}#${number}`));
    const { random = Math.random } = this.#options;
    return open[Math.floor(random() * open.length)];
  }
}
