import type { Admission } from "../../admission/admission.ts";
import type { LiveCalls } from "../../call/live_calls.ts";
import type { SuspendedCalls } from "../../call/suspended_calls.ts";
import type { Log } from "../../observability/log.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import type { FleetSlots, HeldSlot } from "./business_slots.ts";
import type { CallPlaces } from "./call_places.ts";
import type { DatabaseTime } from "./database_time.ts";
import type { DayCounts } from "./day_counts.ts";
import type { InstanceDocument } from "./fleet_documents.ts";
import { ASK_WITHIN_MS, type FleetLink } from "./fleet_link.ts";
import type { FleetMembers } from "./fleet_members.ts";
import type { FleetStore } from "./fleet_store.ts";
import type { TalkKeeper } from "./talk_keeper.ts";

/** What an instance says of itself with each heartbeat. */
export type InstanceState = Pick<InstanceDocument, "calls" | "free" | "refusal">;

/** How often an instance says that it lives, and puts right what it keeps in the database. */
const HEARTBEAT_MS = 2_000;
/** A slot without a call is freed after so long: the call may be on its way into it. */
const SETTLED_AFTER_MS = 5_000;
/** A slot that is on its way between two instances is free when nobody took the call up in so long. */
const ON_ITS_WAY_MS = 30_000;
/** A dead instance is shown for so long. */
const SHOWN_DEAD_MS = 60_000;
/** A database that comes back is asked so often until it is quick, before it is taken as slow as it is. */
const SLOW_TRIES = 5;
/** Old documents are looked for so often, in heartbeats. */
const SWEEP_EVERY = 30;

/** What an instance lives by. */
export interface FleetHeartbeatOptions {
  readonly link: FleetLink;
  readonly members: FleetMembers;
  readonly slots: FleetSlots;
  readonly days: DayCounts;
  readonly talks: TalkKeeper;
  readonly places: CallPlaces;
  /** This instance. */
  readonly instance: string;
  readonly time: DatabaseTime;
  readonly version: string;
  /** Where people reach this instance. Default: nobody says. */
  readonly address?: string;
  /** An `addressProof` of it. Default: nobody is to ask there. */
  readonly proof?: string;
  readonly state: () => InstanceState;
  /** Whether the business may have so many calls at once. */
  readonly isLimited: (businessId: string) => boolean;
  readonly admission: Admission;
  readonly suspended: SuspendedCalls;
  readonly calls: LiveCalls;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Says every two seconds that this instance lives, hears who else does, and puts right what the database has
 * of its calls.
 */
export class FleetHeartbeat {
  readonly #options: FleetHeartbeatOptions;
  readonly #startedAt: Date;
  #beats = 0;
  /** How often the database has been slow as it came back. */
  #slow = 0;
  #isOver = false;
  #timer: Timer | undefined;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: FleetHeartbeatOptions) {
    this.#options = options;
    this.#startedAt = new Date(options.clock.epoch());
  }

  /** The first one. Resolves when it is known whether the database can be reached; the others follow. */
  async begin(): Promise<void> {
    await this.#beat();
    this.#beatOn();
  }

  /** No more of them, at once. */
  stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Resolves when the one under way is over. */
  get settled(): Promise<void> {
    return this.#beating;
  }

  /** The next one is now: what went away for a moment may be back already. */
  hurry(): void {
    if (this.#timer === undefined) return; // one is under way
    this.#timer.cancel();
    this.#beatNow();
  }

  #beatOn(): void {
    if (this.#isOver) return;
    this.#timer = after(this.#options.clock, HEARTBEAT_MS, () => this.#beatNow());
  }

  #beatNow(): void {
    this.#timer = undefined;
    this.#beating = this.#beat().then(() => this.#beatOn());
  }

  async #beat(): Promise<void> {
    const { link, slots, days, talks, places, admission } = this.#options;
    const found = await link.probe((store, wasAway) => this.#exchange(store, wasAway));
    if (found === "away") slots.left();
    if (found !== "back") return;
    days.renew();
    talks.renew();
    await places.renew(admission.used.filter(({ isLive }) => isLive).map(({ name }) => name));
  }

  async #exchange(store: FleetStore, isBack: boolean): Promise<void> {
    const { link, members, days, talks, places, time } = this.#options;
    const { instance: _id, version, address = null, proof, state } = this.#options;
    const place = { address, ...proof !== undefined && { proof } };
    const startedAt = this.#startedAt;
    // What was given meanwhile is written down before this instance says that it is back: whoever hears that
    // relies on it.
    if (isBack) {
      await this.#becomeQuick(store);
      await this.#reconcile(store, isBack);
      link.answers();
    }
    const held = [...Map.groupBy(this.#heldSlots().values(), ({ business }) => business)]
      .map(([business, { length: slots }]) => ({ business, slots }));
    const now = await time.learn(() => store.beat({ _id, startedAt, version, ...place, held, ...state() }));
    const all = await store.instances();
    // The list may be seconds younger than the beat: who has just said that it lives is not ahead of time.
    members.update(all, time.now(), isBack);
    // At once: one after another in a database that is slow they would take longer than an instance may be
    // silent.
    const done = await Promise.allSettled([
      this.#buryDead(store, now),
      this.#letGo(store).then(() => this.#reconcile(store, isBack)),
      talks.checkpoint(store),
      places.withdraw(store),
      days.exchange(store),
    ]);
    for (const one of done) if (one.status === "rejected") throw one.reason;
    if (this.#beats++ % SWEEP_EVERY === 0 && members.isFirst) await store.sweep(now.getTime());
  }

  /**
   * A database that has just started keeps who asks it waiting, and each instance could have decided alone.
   * @throws {Error} when it is slow, and may be quick with the next heartbeat
   */
  async #becomeQuick(store: FleetStore): Promise<void> {
    const { clock, instance } = this.#options;
    await store.slotsAt(instance); // by a connection that may be new
    const askedAtMs = clock.now();
    await store.slotsAt(instance);
    const isSlow = clock.now() - askedAtMs >= ASK_WITHIN_MS;
    if (isSlow && ++this.#slow < SLOW_TRIES) throw new Error("It is there, and slow yet.");
    this.#slow = 0;
  }

  async #reconcile(store: FleetStore, isBack: boolean): Promise<void> {
    const { slots, time } = this.#options;
    const olderThan = new Date(time.now().getTime() - SETTLED_AFTER_MS);
    await slots.reconcile(store, () => this.#heldSlots(), { olderThan, isBack });
  }

  /** What dead instances held is free. What they had been talking of stays, for whoever takes it up. */
  async #buryDead(store: FleetStore, now: Date): Promise<void> {
    const { members, log } = this.#options;
    const dead = members.dead.map(({ _id }) => _id);
    if (dead.length === 0 && this.#beats % 5 > 0) return;
    const freed = await store.freeAbandoned(dead, new Date(now.getTime() - ON_ITS_WAY_MS));
    if (freed > 0) log.warn("cluster_slots_freed", { slots: freed, instances: dead });
    const long = members.dead.filter(({ at }) => now.getTime() - at.getTime() > SHOWN_DEAD_MS);
    if (long.length > 0) await store.removeInstances(long.map(({ _id }) => _id));
  }

  /** What has a slot here and a business that limits it, by name; but for calls that are just leaving. */
  #heldSlots(): Map<string, HeldSlot> {
    const { admission, calls, isLimited } = this.#options;
    const leaving = new Set(calls.all.filter(({ isOnItsWay }) => isOnItsWay).map(({ info }) => info.callSid));
    const held = new Map<string, HeldSlot>();
    for (const { name, businessId, isLive } of admission.used) {
      if (businessId === undefined || leaving.has(name) || !isLimited(businessId)) continue;
      held.set(name, { business: businessId, isLive });
    }
    return held;
  }

  /** Lets go of what is reserved or kept here for calls that have their stream, or came back, elsewhere. */
  async #letGo(store: FleetStore): Promise<void> {
    const { admission, suspended, talks, instance: self } = this.#options;
    const reserved = admission.used.filter(({ isLive }) => !isLive).map(({ name }) => name);
    if (reserved.length === 0) return;
    for (const { _id, instance } of await store.placesOf(reserved)) {
      if (instance === self) continue;
      admission.leave(_id);
      suspended.leave(_id);
      talks.forget(_id);
    }
  }
}
