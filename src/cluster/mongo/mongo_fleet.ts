import type { Admission, BusinessShare } from "../../admission/admission.ts";
import type { SlotObserver } from "../../admission/call_slots.ts";
import type { DayLimits, PastSpending, Spending } from "../../admission/day_limits.ts";
import type { OutboundLimits } from "../../admission/outbound_limits.ts";
import type { PlacedCalls } from "../../admission/placed_calls.ts";
import type { Business } from "../../businesses/business.ts";
import type { BusinessDirectory } from "../../businesses/directory.ts";
import type { ActionOutcome, OperatorAction } from "../../call/call_actions.ts";
import type { CallEnding } from "../../call/ended_calls.ts";
import type { LiveCalls } from "../../call/live_calls.ts";
import type { KeptCall, SuspendedCalls, SuspensionObserver } from "../../call/suspended_calls.ts";
import type { Log } from "../../observability/log.ts";
import type { Metrics } from "../../observability/metrics/metrics.ts";
import { type Clock, sleep } from "../../util/clock.ts";
import type {
  BusinessSlots,
  PeerCallState,
  PeerInstances,
  Recall,
  StreamSequel,
  TokenBinding,
  TokenUse,
} from "../peer_instances.ts";
import { FleetSlots } from "./business_slots.ts";
import { CallPlaces } from "./call_places.ts";
import { DatabaseTime } from "./database_time.ts";
import { DayCounts } from "./day_counts.ts";
import { FleetLink, NO_ANSWER, TAKE_WITHIN_MS } from "./fleet_link.ts";
import { FleetMembers } from "./fleet_members.ts";
import type { FleetStore } from "./fleet_store.ts";
import { FleetHeartbeat, type InstanceState } from "./fleet_heartbeat.ts";
import { TalkKeeper } from "./talk_keeper.ts";

/** Nobody waits longer for an instance to be noticed: three heartbeats do, where the database answers. */
const NOTICED_WITHIN_MS = 8_000;

/** What an instance shares with its fleet, and by what. */
export interface MongoFleetOptions {
  /** Opens the store on the connection that the process has. */
  readonly connect: () => Promise<FleetStore>;
  /** Its name, which no other run of any process has. Default: a new one. */
  readonly id?: string;
  readonly version: string;
  /** Where people reach this instance. Default: nobody says. */
  readonly address?: string;
  /** An `addressProof` of it. Default: nobody is to ask there. */
  readonly proof?: string;
  readonly state: () => InstanceState;
  readonly admission: Admission;
  readonly suspended: SuspendedCalls;
  readonly calls: LiveCalls;
  readonly businesses: BusinessDirectory;
  readonly dayLimits: DayLimits;
  readonly outboundLimits: OutboundLimits;
  /** What records tell of a day that no instance has counted. Default: nothing. */
  readonly past?: PastSpending;
  /** Those that answer on the same port. Default: there are none. */
  readonly workers?: Pick<PeerInstances, "isReady" | "act" | "redeem" | "tokenBinding">;
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: () => number;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * An instance of a fleet that shares a MongoDB: what each webhook and stream must know of the others is asked
 * there, within {@link FleetLink}'s time, and what they must know of this one is told there.
 */
export class MongoFleet implements PeerInstances, SlotObserver, SuspensionObserver, AsyncDisposable {
  readonly #options: MongoFleetOptions;
  /** Of this run of this process. */
  readonly id: string;
  readonly members: FleetMembers;
  readonly link: FleetLink;
  readonly #time: DatabaseTime;
  readonly #slots: FleetSlots;
  readonly #days: DayCounts;
  readonly #talks: TalkKeeper;
  readonly #places: CallPlaces;
  readonly #heartbeat: FleetHeartbeat;

  constructor(options: MongoFleetOptions) {
    const { connect, clock, log } = options;
    this.#options = options;
    this.id = options.id ?? crypto.randomUUID();
    const members = this.members = new FleetMembers(this.id);
    const link = this.link = new FleetLink({ connect, clock, log, onAway: () => this.#left() });
    const time = this.#time = new DatabaseTime(clock);
    const shared = { ...options, link, members, time, instance: this.id };
    const slots = this.#slots = new FleetSlots(shared);
    const days = this.#days = new DayCounts(shared);
    const talks = this.#talks = new TalkKeeper(shared);
    const places = this.#places = new CallPlaces({ ...shared, talks });
    const isLimited = (businessId: string) => this.#isLimited(businessId);
    this.#heartbeat = new FleetHeartbeat({ ...shared, slots, days, talks, places, isLimited });
  }

  #left(): void {
    this.members.left();
    this.#slots.left();
    this.#heartbeat.hurry();
  }

  /** Joins the fleet, as far as the database can be reached. Resolves when that is known. */
  async join(): Promise<void> {
    await this.#heartbeat.begin();
    this.#options.log.info("cluster_joined", { instance: this.id, instances: this.members.all.length });
  }

  /**
   * Resolves when all others have noticed this instance, so that it has its share of what they share; or when
   * the database is away, or slow.
   */
  async noticed(): Promise<void> {
    const { clock } = this.#options;
    const endMs = clock.now() + NOTICED_WITHIN_MS;
    while (!this.link.isAway && this.members.view.length === 0 && clock.now() < endMs) {
      await sleep(clock, 50);
    }
  }

  recall(name: string): Promise<Recall> {
    return this.#places.recall(name);
  }

  arrive(
    callSid: string,
    isBack: boolean,
    isRescue: boolean = false,
  ): Promise<Recall> {
    return this.#places.arrive(callSid, isBack, isRescue);
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
    // Whatever stands in front may choose one that has not heard yet that the database is back.
    return !this.link.isAway && this.members.isWhole && this.members.freeElsewhere > 0;
  }

  expect(business: BusinessShare): void {
    this.#slots.expect(business);
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

  stateOf(callSid: string): Promise<PeerCallState | undefined> {
    return this.#places.stateOf(callSid);
  }

  afterStream(callSid: string): Promise<StreamSequel | undefined> {
    return this.#places.afterStream(callSid);
  }

  /** Another instance's calls are steered at its own address: whoever asks here learns it. */
  async act(callSid: string, action: OperatorAction): Promise<ActionOutcome | undefined> {
    const done = await this.#options.workers?.act(callSid, action);
    if (done) return done;
    const place = await this.#places.addressOf(callSid);
    return place && { outcome: "elsewhere", address: place.address, proof: place.proof };
  }

  /** A database that may be away cannot say whether a token was used: then only one instance takes it. */
  get tokenBinding(): TokenBinding {
    const { workers } = this.#options;
    return {
      name: workers?.tokenBinding.name ?? this.id,
      isNeeded: this.link.isAway || this.link.isSilent,
    };
  }

  async redeem(nonce: string, { begins, isBound = false }: TokenUse = {}): Promise<boolean | undefined> {
    if (isBound) return await this.#options.workers?.redeem(nonce) ?? true; // it is marked here already
    const found = begins === undefined ? "unknown" : await this.#places.begin(begins, nonce);
    if (found !== "unknown") return found;
    const isFirst = await this.link.ask((store) => store.redeem(nonce, this.#time.now()), TAKE_WITHIN_MS);
    return isFirst === NO_ANSWER ? undefined : isFirst;
  }

  forget(...names: string[]): void {
    for (const name of names) {
      this.#talks.forget(name);
      this.#slots.forget(name);
    }
    this.link.tellInTurn(names, async (store) => {
      await Promise.all([store.freeSlotsOf(names), store.dropTalks(names)]);
    });
  }

  freed(name: string, businessId: string | undefined, wasLive: boolean): void {
    if (businessId === undefined || !this.#isLimited(businessId)) return;
    this.#slots.freed(name, businessId, wasLive);
    // The slot of a call that was live here may still be owned by the instance of its webhook.
    this.link.tellInTurn(
      [name],
      (store) => wasLive ? store.freeSlotsOf([name]) : store.freeSlots([name], this.id),
    );
  }

  renamed(name: string, callSid: string, businessId: string | undefined): void {
    if (!this.#isLimited(businessId)) return;
    this.link.tellInTurn([name, callSid], (store) => store.renameSlot(name, callSid, this.id));
  }

  kept(callSid: string, call: KeptCall): void {
    const document = this.#talks.document(callSid, call, "suspended");
    this.link.tellInTurn([callSid], (store) => store.putTalk(document));
  }

  left(callSid: string, call: KeptCall): void {
    const version = this.#talks.versionOf(callSid);
    if (version === undefined) return; // another instance has it already
    const document = this.#talks.document(callSid, call, "suspended");
    this.link.tellInTurn([callSid], (store) => store.replaceTalk(document, version));
  }

  dropped(callSid: string): void {
    if (this.#talks.versionOf(callSid) === undefined) return;
    this.#talks.forget(callSid);
    this.link.tellInTurn([callSid], (store) => store.dropTalks([callSid]));
  }

  over(callSid: string, ending: CallEnding): void {
    this.#places.over(callSid, ending);
  }

  /** See {@link CallPlaces.handOver}. */
  handOver(callSid: string, call: KeptCall): Promise<boolean> {
    return this.#places.handOver(callSid, call, this.#isLimited(call.business.id));
  }

  /** See {@link CallPlaces.keep}. */
  keep(callSid: string): void {
    this.#places.keep(callSid);
  }

  /** Says nothing any more, as a process that has died. */
  falter(): void {
    this.#heartbeat.stop();
  }

  /** Leaves the fleet: the others need not wait for its death. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.falter();
    await this.#heartbeat.settled;
    await this.link.told();
    await this.link.tell(async (store) => {
      await this.#days.exchange(store);
      await this.#talks.dropOver(store);
      await store.freeAbandoned([this.id], new Date(0));
      await store.removeInstances([this.id]);
    });
  }

  #isLimited(businessId: string | undefined): boolean {
    return businessId !== undefined &&
      this.#options.businesses.byId(businessId).limits.callsAtOnce !== undefined;
  }
}
