import type { Admission, BusinessShare } from "../../admission/admission.ts";
import type { SlotObserver } from "../../admission/call_slots.ts";
import type { DayLimits, PastSpending, Spending } from "../../admission/day_limits.ts";
import type { OutboundLimits } from "../../admission/outbound_limits.ts";
import type { PlacedCalls } from "../../admission/placed_calls.ts";
import type { Business } from "../../businesses/business.ts";
import type { BusinessDirectory } from "../../businesses/directory.ts";
import type { ActionOutcome, OperatorAction } from "../../call/call_actions.ts";
import type { CallEnding, EndedCalls } from "../../call/ended_calls.ts";
import type { LiveCalls } from "../../call/live_calls.ts";
import type { SuspendedCall, SuspendedCalls, SuspensionObserver } from "../../call/suspended_calls.ts";
import type { Log } from "../../observability/log.ts";
import type { Metrics } from "../../observability/metrics/metrics.ts";
import { after, type Clock, sleep, type Timer } from "../../util/clock.ts";
import { ExpiringMap } from "../../util/expiring_map.ts";
import type { BusinessSlots, PeerCallState, PeerInstances, TakenUp } from "../peer_instances.ts";
import { FleetSlots, type HeldSlot } from "./business_slots.ts";
import { DayCounts } from "./day_counts.ts";
import {
  type CallPlaceDocument,
  type InstanceDocument,
  ON_ITS_WAY,
  type TalkDocument,
} from "./fleet_documents.ts";
import { FleetLink, NO_ANSWER, TAKE_WITHIN_MS } from "./fleet_link.ts";
import { FleetMembers } from "./fleet_members.ts";
import type { FleetStore } from "./fleet_store.ts";
import { MAX_RESCUES, TalkKeeper } from "./talk_keeper.ts";

/** What an instance says of itself with each heartbeat. */
export type InstanceState = Pick<InstanceDocument, "calls" | "free" | "refusal">;

/** What an instance shares with its fleet, and by what. */
export interface MongoFleetOptions {
  /** Opens the store on the connection that the process has. */
  readonly connect: () => Promise<FleetStore>;
  readonly version: string;
  /** Where people reach this instance. Default: nobody says. */
  readonly address?: string;
  readonly state: () => InstanceState;
  readonly admission: Admission;
  readonly suspended: SuspendedCalls;
  readonly ended: EndedCalls;
  readonly calls: LiveCalls;
  readonly businesses: BusinessDirectory;
  readonly dayLimits: DayLimits;
  readonly outboundLimits: OutboundLimits;
  /** What records tell of a day that no instance has counted. Default: nothing. */
  readonly past?: PastSpending;
  /** Those that answer on the same port. Default: there are none. */
  readonly workers?: Pick<PeerInstances, "isReady" | "act">;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often an instance says that it lives, and puts right what it keeps in the database. */
const HEARTBEAT_MS = 2_000;
/** A slot without a call is freed after so long: the call may be on its way into it. */
const SETTLED_AFTER_MS = 5_000;
/** How long an instance may take to say how a stream of its ended, before it counts as dead. */
const VERDICT_WITHIN_MS = 100;
const LOOK_EVERY_MS = 25;
/** A call that is on is looked for so long in a database that is slow: Twilio waits for 15 s. */
const TAKE_UP_WITHIN_MS = 5_000;
/** A slot that is on its way between two instances is free when nobody took the call up in so long. */
const ON_ITS_WAY_MS = 30_000;
/** A dead instance is shown for so long. */
const SHOWN_DEAD_MS = 60_000;
/** Old documents are looked for so often, in heartbeats. */
const SWEEP_EVERY = 30;
/** Endings that were read, so that they need not be told again. */
const MAX_KNOWN_ENDINGS = 10_000;

/**
 * An instance of a fleet that shares a MongoDB: what each webhook and stream must know of the others is asked
 * there, within {@link FleetLink}'s time, and what they must know of this one is told there.
 */
export class MongoFleet implements PeerInstances, SlotObserver, SuspensionObserver, AsyncDisposable {
  readonly #options: MongoFleetOptions;
  /** Of this run of this process. */
  readonly id: string = crypto.randomUUID();
  readonly members: FleetMembers;
  readonly link: FleetLink;
  readonly #slots: FleetSlots;
  readonly #days: DayCounts;
  readonly #talks: TalkKeeper;
  readonly #knownEndings: ExpiringMap<CallEnding>;
  readonly #startedAt: Date;
  /** What the database's clock is ahead of this machine's, in milliseconds. */
  #aheadMs = 0;
  #beats = 0;
  #isOver = false;
  #timer: Timer | undefined;
  #beating: Promise<void> = Promise.resolve();
  /** Told to the database one after the other: what takes a slot comes before what frees it. */
  #telling: Promise<unknown> = Promise.resolve();

  constructor(options: MongoFleetOptions) {
    const { clock, log, connect } = options;
    this.#options = options;
    this.#startedAt = new Date(clock.epoch());
    this.members = new FleetMembers(this.id);
    this.link = new FleetLink({ connect, clock, log });
    const { link, members, id: instance } = this;
    const shared = { ...options, link, members, instance, now: () => this.#now() };
    this.#slots = new FleetSlots(shared);
    this.#days = new DayCounts(shared);
    this.#talks = new TalkKeeper(shared);
    this.#knownEndings = new ExpiringMap({
      maxEntries: MAX_KNOWN_ENDINGS,
      lifetimeMs: 60_000,
      nowMs: () => clock.now(),
    });
  }

  /** Joins the fleet, as far as the database can be reached. Resolves when that is known. */
  async join(): Promise<void> {
    await this.#beat();
    this.#options.log.info("cluster_joined", { instance: this.id, instances: this.members.all.length });
    this.#beatOn();
  }

  async recall(name: string): Promise<"recalled" | "live" | "unknown"> {
    const { suspended } = this.#options;
    if (suspended.has(name)) return "recalled";
    if (!name.startsWith("CA")) return await this.#recallPlaced(name);
    const talk = await this.link.ask((store) => store.talkOf(name), TAKE_WITHIN_MS);
    if (talk === NO_ANSWER || talk === undefined || talk.why === "checkpoint") return "unknown";
    return this.#receive(talk) ? "recalled" : "unknown";
  }

  async arrive(callSid: string, isBack: boolean): Promise<"recalled" | "live" | "unknown"> {
    const place: CallPlaceDocument = { _id: callSid, instance: this.id, ending: null, at: this.#now() };
    if (isBack) {
      const taken = await this.#take(callSid);
      if (taken === "live") return taken;
      this.#tell((store) => store.replace(place));
      return taken;
    }
    const isFirst = await this.link.ask((store) => store.place(place), TAKE_WITHIN_MS);
    if (isFirst === NO_ANSWER || isFirst) return "unknown";
    const before = await this.link.ask((store) => store.placeOf(callSid), TAKE_WITHIN_MS);
    const isLive = before !== NO_ANSWER && before !== undefined && before.ending === null &&
      before.instance !== this.id && this.members.has(before.instance);
    if (isLive) return "live";
    this.#tell((store) => store.replace(place));
    return "unknown";
  }

  /**
   * Whether others can take the call; the stream finds one of them by whatever stands in front of the
   * fleet.
   */
  reserve(): Promise<boolean> {
    return Promise.resolve(this.members.send());
  }

  /** Each instance answers for itself, with the workers on its port: whatever stands in front asks each. */
  async isReady(): Promise<boolean> {
    return await this.#options.workers?.isReady() ?? false;
  }

  get takesStreams(): boolean {
    return !this.link.isAway && this.members.freeElsewhere > 0;
  }

  takeSlot(name: string, business: BusinessShare, isBack?: boolean): Promise<BusinessSlots> {
    return this.#slots.take(name, business, isBack);
  }

  knowSpending(business: Business): Promise<void> {
    return this.#days.know(business);
  }

  spent(businessId: string, spending: Spending): void {
    this.#days.spent(businessId, spending);
  }

  placed(businessId: string, calls: PlacedCalls): void {
    this.#days.placed(businessId, calls);
  }

  async stateOf(callSid: string): Promise<PeerCallState | undefined> {
    const known = this.#knownEndings.get(callSid);
    if (known) return known;
    const place = await this.link.ask((store) => store.placeOf(callSid));
    if (place === NO_ANSWER || place === undefined) return undefined;
    if (place.ending) {
      this.#knownEndings.set(callSid, place.ending);
      return place.ending;
    }
    return place.instance !== this.id && this.members.has(place.instance) ? "live" : undefined;
  }

  async takeUp(callSid: string): Promise<TakenUp | undefined> {
    const { clock, log } = this.#options;
    const endMs = clock.now() + VERDICT_WITHIN_MS;
    for (;;) {
      const [place, talk] = await Promise.all([
        this.link.ask((store) => store.placeOf(callSid), TAKE_WITHIN_MS),
        this.link.ask((store) => store.talkOf(callSid), TAKE_WITHIN_MS),
      ]);
      if (place === NO_ANSWER || talk === NO_ANSWER) {
        // Silence is better than the fallback, as long as an answer may still come.
        if (this.link.isAway || clock.now() >= endMs + TAKE_UP_WITHIN_MS) return undefined;
        continue;
      }
      if (place?.ending) return undefined;
      if (talk?.why === "moved") return this.#receive(talk) ? "moved" : undefined;
      const isOwnerSilent = clock.now() >= endMs || !place || !this.members.has(place.instance);
      if (isOwnerSilent) {
        // Its instance would have said how the stream ended, were it alive.
        const call = talk?.why === "checkpoint" ? this.#receive(talk) : undefined;
        if (!call) return undefined;
        log.warn("call_rescued", { call: callSid, business: call.business.id, instance: talk!.instance });
        return "rescued";
      }
      await sleep(clock, LOOK_EVERY_MS);
    }
  }

  /** Another instance's calls are steered at its own address. */
  async act(callSid: string, action: OperatorAction): Promise<ActionOutcome | undefined> {
    return await this.#options.workers?.act(callSid, action);
  }

  async redeem(nonce: string): Promise<boolean> {
    const isFirst = await this.link.ask((store) => store.redeem(nonce, this.#now()), TAKE_WITHIN_MS);
    return isFirst === NO_ANSWER ? this.link.isAway : isFirst;
  }

  forget(...names: string[]): void {
    for (const name of names) this.#talks.forget(name);
    this.#tell(async (store) => {
      await Promise.all([store.freeSlotsOf(names), store.dropTalks(names)]);
    });
  }

  freed(name: string, businessId: string | undefined, wasLive: boolean): void {
    if (!this.#isLimited(businessId)) return;
    // The slot of a call that was live here may still be owned by the instance of its webhook.
    this.#tell((store) => wasLive ? store.freeSlotsOf([name]) : store.freeSlots([name], this.id));
  }

  renamed(name: string, callSid: string, businessId: string | undefined): void {
    if (this.#isLimited(businessId)) this.#tell((store) => store.renameSlot(name, callSid, this.id));
  }

  kept(callSid: string, call: SuspendedCall): void {
    const document = this.#talks.document(callSid, call, "suspended");
    this.#tell((store) => store.putTalk(document));
  }

  dropped(callSid: string): void {
    if (this.#talks.versionOf(callSid) === undefined) return;
    this.#talks.forget(callSid);
    this.#tell((store) => store.dropTalks([callSid]));
  }

  /** A call ended here, or is known to be over. */
  over(callSid: string, ending: CallEnding): void {
    this.#talks.ended(callSid);
    if (this.#knownEndings.get(callSid) === ending) return;
    this.#knownEndings.set(callSid, ending);
    const place: CallPlaceDocument = { _id: callSid, instance: this.id, ending, at: this.#now() };
    this.#tell((store) => store.replace(place));
  }

  /**
   * Puts what another instance needs to go on with a call where it finds it.
   * @returns false when the database did not take it: then nobody can go on
   */
  async handOver(callSid: string, call: SuspendedCall): Promise<boolean> {
    const document = this.#talks.document(callSid, call, "moved");
    const isLimited = this.#isLimited(call.business.id);
    await this.#telling;
    return await this.link.tell(async (store) => {
      await Promise.all([
        store.putTalk(document),
        isLimited && store.ownSlots([callSid], ON_ITS_WAY, this.#now()),
      ]);
    });
  }

  /** Says nothing any more, as a process that has died. */
  falter(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  /** Leaves the fleet: the others need not wait for its death. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.falter();
    await this.#beating;
    await this.#telling;
    await this.link.tell(async (store) => {
      await this.#days.exchange(store);
      await store.freeAbandoned([this.id], new Date(0));
      await store.removeInstances([this.id]);
    });
  }

  /** The database's time, as well as it is known. */
  #now(): Date {
    return new Date(this.#options.clock.epoch() + this.#aheadMs);
  }

  #isLimited(businessId: string | undefined): boolean {
    return businessId !== undefined &&
      this.#options.businesses.byId(businessId).limits.callsAtOnce !== undefined;
  }

  /** A call that another instance placed was answered, and its webhook came here: so does its slot. */
  async #recallPlaced(name: string): Promise<"recalled" | "unknown"> {
    const { admission, businesses } = this.#options;
    const slot = await this.link.ask((store) => store.slotOf(name), TAKE_WITHIN_MS);
    if (slot === NO_ANSWER || slot === undefined) return "unknown";
    const business = businesses.byId(slot.business);
    if (admission.reserve(name, { business, slotsAtPeers: "counted" })) return "unknown";
    // Whoever placed it learns with its next heartbeat that the call is here.
    const place: CallPlaceDocument = { _id: name, instance: this.id, ending: null, at: this.#now() };
    this.#tell(async (store) => {
      await store.replace(place);
      await store.ownSlots([name], this.id, this.#now());
    });
    return "recalled";
  }

  #receive(talk: TalkDocument): SuspendedCall | undefined {
    const call = this.#talks.read(talk);
    if (!call || (call.rescues ?? 0) > MAX_RESCUES) return undefined;
    this.#options.suspended.receive(talk._id, call);
    return call;
  }

  /** Takes what is kept for a call that is back, if nobody else has. */
  async #take(callSid: string): Promise<"recalled" | "live" | "unknown"> {
    const { suspended } = this.#options;
    await this.#telling; // what was written of it here comes first
    const version = this.#talks.versionOf(callSid);
    if (suspended.has(callSid)) {
      if (version === undefined) return "recalled"; // the database was away when it left
      if (await this.#takeVersion(callSid, version)) return "recalled";
      // A webhook of an earlier time came here, and the call has been elsewhere since.
      suspended.leave(callSid);
    }
    const talk = await this.link.ask((store) => store.talkOf(callSid), TAKE_WITHIN_MS);
    if (talk === NO_ANSWER || talk === undefined) return version === undefined ? "unknown" : "live";
    if (!this.#receive(talk)) return "unknown";
    if (await this.#takeVersion(callSid, talk.version)) return "recalled";
    suspended.leave(callSid);
    return "live";
  }

  /** True also when the database does not say. */
  async #takeVersion(callSid: string, version: string): Promise<boolean> {
    this.#talks.forget(callSid);
    return await this.link.ask((store) => store.takeTalk(callSid, version), TAKE_WITHIN_MS) !== false;
  }

  #tell(work: (store: FleetStore) => Promise<unknown>): void {
    this.#telling = this.#telling.then(() => this.link.tell(work)); // never rejects
  }

  #beatOn(): void {
    if (this.#isOver) return;
    this.#timer = after(this.#options.clock, HEARTBEAT_MS, () => {
      this.#beating = this.#beat().then(() => this.#beatOn());
    });
  }

  async #beat(): Promise<void> {
    const found = await this.link.probe((store) => this.#exchange(store));
    if (found !== "back") return;
    this.#days.renew();
    this.#talks.renew();
    for (const { info } of this.#options.calls.all) {
      const place = { _id: info.callSid, instance: this.id, ending: null, at: this.#now() };
      this.#tell((store) => store.replace(place));
    }
  }

  /** Says that this instance lives, hears who else does, and puts right what is kept of its calls. */
  async #exchange(store: FleetStore): Promise<void> {
    const { clock, version, address = null, state } = this.#options;
    const startedAt = this.#startedAt;
    const held = this.#heldSlots();
    const counts = [...Map.groupBy(held.values(), ({ business }) => business)]
      .map(([business, { length: slots }]) => ({ business, slots }));
    const now = await store.beat({ _id: this.id, startedAt, version, address, held: counts, ...state() });
    this.#aheadMs = now.getTime() - clock.epoch();
    this.members.update(await store.instances(), now);
    await this.#buryDead(store, now);
    await this.#letGo(store);
    const olderThan = new Date(now.getTime() - SETTLED_AFTER_MS);
    await this.#slots.reconcile(store, this.#heldSlots(), { olderThan, isBack: this.link.isAway });
    await this.#talks.checkpoint(store);
    await this.#days.exchange(store);
    if (this.#beats++ % SWEEP_EVERY === 0 && this.members.isFirst) await store.sweep(now.getTime());
  }

  /** What dead instances held is free. What they had been talking of stays, for whoever takes it up. */
  async #buryDead(store: FleetStore, now: Date): Promise<void> {
    const dead = this.members.dead.map(({ _id }) => _id);
    if (dead.length === 0 && this.#beats % 5 > 0) return;
    const freed = await store.freeAbandoned(dead, new Date(now.getTime() - ON_ITS_WAY_MS));
    if (freed > 0) this.#options.log.warn("cluster_slots_freed", { slots: freed, instances: dead });
    const long = this.members.dead.filter(({ at }) => now.getTime() - at.getTime() > SHOWN_DEAD_MS);
    if (long.length > 0) await store.removeInstances(long.map(({ _id }) => _id));
  }

  /** What has a slot here and a business that limits it, by name; but for calls that are just leaving. */
  #heldSlots(): Map<string, HeldSlot> {
    const { admission, calls } = this.#options;
    const leaving = new Set(calls.all.filter(({ isOnItsWay }) => isOnItsWay).map(({ info }) => info.callSid));
    const held = new Map<string, HeldSlot>();
    for (const { name, businessId, isLive } of admission.used) {
      if (businessId === undefined || leaving.has(name) || !this.#isLimited(businessId)) continue;
      held.set(name, { business: businessId, isLive });
    }
    return held;
  }

  /** Lets go of what is reserved or kept here for calls that have their stream, or came back, elsewhere. */
  async #letGo(store: FleetStore): Promise<void> {
    const { admission, suspended } = this.#options;
    const reserved = admission.used.filter(({ isLive }) => !isLive).map(({ name }) => name);
    if (reserved.length === 0) return;
    for (const { _id, instance } of await store.placesOf(reserved)) {
      if (instance === this.id) continue;
      admission.leave(_id);
      suspended.leave(_id);
      this.#talks.forget(_id);
    }
  }
}
