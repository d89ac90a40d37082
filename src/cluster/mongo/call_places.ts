import type { Admission } from "../../admission/admission.ts";
import type { BusinessDirectory } from "../../businesses/directory.ts";
import type { CallEnding } from "../../call/ended_calls.ts";
import type { KeptCall, SuspendedCall, SuspendedCalls } from "../../call/suspended_calls.ts";
import type { Log } from "../../observability/log.ts";
import { type Clock, sleep } from "../../util/clock.ts";
import { ExpiringMap } from "../../util/expiring_map.ts";
import { setLatest } from "../../util/set_latest.ts";
import type { PeerCallState, Recall, StreamSequel } from "../peer_instances.ts";
import type { DatabaseTime } from "./database_time.ts";
import {
  type CallPlaceDocument,
  type InstanceDocument,
  NOWHERE,
  ON_ITS_WAY,
  type TalkDocument,
} from "./fleet_documents.ts";
import { type FleetLink, NO_ANSWER, TAKE_WITHIN_MS } from "./fleet_link.ts";
import type { FleetMembers } from "./fleet_members.ts";
import type { FleetStore } from "./fleet_store.ts";
import { MAX_RESCUES, type TalkKeeper } from "./talk_keeper.ts";

/** How long an instance may take to say how a stream of its ended, before it counts as dead. */
const VERDICT_WITHIN_MS = 100;
const LOOK_EVERY_MS = 25;
/** A call that is on is looked for so long in a database that is slow: Twilio waits for 15 s. */
const TAKE_UP_WITHIN_MS = 5_000;
/** A talk that was rewritten while it was taken is taken again. */
const MAX_TAKES = 3;
/** Endings that were read, so that they need not be told again. */
const MAX_KNOWN_ENDINGS = 10_000;

/** A stream that has not said whose it is by then never will: see `START_TIMEOUT_MS`. */
const STARTED_WITHIN_MS = 10_000;
/** Streams that have not; of the one let in longest ago beyond it, nobody learns that it never did. */
const MAX_OPENED = 5_000;

/** Endings that the database does not have yet, since it is away; the oldest is never told beyond it. */
const MAX_UNTOLD_ENDINGS = 10_000;
const UNTOLD_KEPT_MS = 30 * 60_000;

/** What calls change instances with. */
export interface CallPlacesOptions {
  readonly link: FleetLink;
  readonly members: Pick<FleetMembers, "has" | "addressOf">;
  readonly talks: TalkKeeper;
  /** This instance. */
  readonly instance: string;
  readonly time: DatabaseTime;
  readonly admission: Admission;
  readonly suspended: SuspendedCalls;
  readonly businesses: BusinessDirectory;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Where each call is, how it ended, and what another instance needs to go on with it. A call that is between
 * two streams belongs to whoever takes its talk out of the database.
 */
export class CallPlaces {
  readonly #options: CallPlacesOptions;
  readonly #knownEndings: ExpiringMap<CallEnding>;
  readonly #untold: ExpiringMap<CallPlaceDocument>;
  /** When the first streams of calls were let in here that have not said whose they are, the oldest first. */
  readonly #opened = new Map<string, number>();

  constructor(options: CallPlacesOptions) {
    this.#options = options;
    this.#knownEndings = new ExpiringMap({
      maxEntries: MAX_KNOWN_ENDINGS,
      lifetimeMs: 60_000,
      nowMs: () => options.clock.now(),
    });
    this.#untold = new ExpiringMap({
      maxEntries: MAX_UNTOLD_ENDINGS,
      lifetimeMs: UNTOLD_KEPT_MS,
      nowMs: () => options.clock.now(),
    });
  }

  /** See `PeerInstances`. */
  async recall(name: string): Promise<Recall> {
    const { suspended, link } = this.#options;
    if (suspended.has(name)) return "recalled";
    if (!name.startsWith("CA")) return await this.#recallPlaced(name);
    const talk = await link.ask((store) => store.talkOf(name), TAKE_WITHIN_MS);
    if (talk === NO_ANSWER || talk === undefined || talk.why === "checkpoint") return "unknown";
    return this.#receive(talk) ? "recalled" : "unknown";
  }

  /**
   * The first stream of a call is let in here: where the call is and that its token is used up is one
   * document.
   *
   * @returns whether the token was not used before, undefined when the database does not say it; `unknown`
   * when the call has had another one
   */
  async begin(callSid: string, token: string): Promise<boolean | undefined | "unknown"> {
    const { link, clock } = this.#options;
    const place = this.#place(callSid, null);
    const isFirst = await link.ask((store) => store.place({ ...place, token }), TAKE_WITHIN_MS);
    if (isFirst === NO_ANSWER) {
      // A database that is slow may yet write down what is not so.
      link.tellInTurn([callSid], (store) => store.replace({ ...place, instance: NOWHERE }));
      return undefined;
    }
    if (isFirst) {
      setLatest(this.#opened, callSid, clock.now(), MAX_OPENED);
      return true;
    }
    const before = await link.ask((store) => store.placeOf(callSid), TAKE_WITHIN_MS);
    if (before === NO_ANSWER) return undefined;
    return before?.token === token ? false : "unknown";
  }

  /** See `PeerInstances`. */
  async arrive(
    callSid: string,
    isBack: boolean,
    isRescue: boolean,
  ): Promise<Recall> {
    const { link, members, suspended, talks, instance } = this.#options;
    if (this.#opened.delete(callSid) && !isBack) return "unknown"; // that it is here is known
    const place = this.#place(callSid, null);
    if (isBack) {
      const taken = await this.#take(callSid, isRescue);
      if (taken === "live") return taken;
      // What was kept is gone once it is taken, and this instance may die before it beats again.
      const back = taken === "recalled" ? suspended.get(callSid) : undefined;
      const checkpoint = back && talks.firstCheckpoint(callSid, back);
      link.tellInTurn([callSid], async (store) => {
        await Promise.all([checkpoint && store.putTalk(checkpoint), store.replace(place)]);
      });
      return taken;
    }
    const isFirst = await link.ask((store) => store.place(place), TAKE_WITHIN_MS);
    if (isFirst === NO_ANSWER || isFirst) return "unknown";
    const before = await link.ask((store) => store.placeOf(callSid), TAKE_WITHIN_MS);
    const isLive = before !== NO_ANSWER && before !== undefined && before.ending === null &&
      before.instance !== instance && members.has(before.instance);
    if (isLive) return "live";
    link.tellInTurn([callSid], (store) => store.replace(place));
    return "unknown";
  }

  /** See `PeerInstances`. */
  async stateOf(callSid: string): Promise<PeerCallState | undefined> {
    const { link, members, instance } = this.#options;
    const known = this.#knownEndings.get(callSid);
    if (known) return known;
    const place = await link.ask((store) => store.placeOf(callSid));
    if (place === NO_ANSWER || place === undefined) return undefined;
    if (place.ending) return this.#known(callSid, place.ending);
    return place.instance !== instance && members.has(place.instance) ? "live" : undefined;
  }

  /** Where people reach the other instance that has the call; null where it does not say. */
  async addressOf(callSid: string): Promise<Pick<InstanceDocument, "address" | "proof"> | undefined> {
    const { link, members, instance } = this.#options;
    const place = await link.ask((store) => store.placeOf(callSid), TAKE_WITHIN_MS);
    if (place === NO_ANSWER || !place || place.ending || place.instance === instance) return undefined;
    return members.addressOf(place.instance);
  }

  /** See `PeerInstances`. */
  async afterStream(callSid: string): Promise<StreamSequel | undefined> {
    const { clock, log, link, members } = this.#options;
    const known = this.#knownEndings.get(callSid);
    if (known) return known;
    const endMs = clock.now() + VERDICT_WITHIN_MS;
    for (;;) {
      const [place, talk] = await Promise.all([
        link.ask((store) => store.placeOf(callSid), TAKE_WITHIN_MS),
        link.ask((store) => store.talkOf(callSid), TAKE_WITHIN_MS),
      ]);
      if (place === NO_ANSWER || talk === NO_ANSWER) {
        // Silence is better than a new beginning, as long as an answer may still come.
        if (link.isAway || clock.now() >= endMs + TAKE_UP_WITHIN_MS) return "again";
        continue;
      }
      if (place?.ending) return this.#known(callSid, place.ending);
      if (talk?.why === "moved") return this.#receive(talk) ? "moved" : undefined;
      if (!talk && (!place || place.instance === NOWHERE)) return "again";
      const isOwnerSilent = clock.now() >= endMs || !place || !members.has(place.instance);
      if (isOwnerSilent) {
        // Its instance would have said how the stream ended, were it alive.
        if (talk?.why !== "checkpoint" || !this.#receive(talk)) return undefined;
        log.warn("call_rescued", { call: callSid, business: talk.business, instance: talk.instance });
        return "rescued";
      }
      await sleep(clock, LOOK_EVERY_MS);
    }
  }

  /** A call ended here, or is known to be over. */
  over(callSid: string, ending: CallEnding): void {
    this.#options.talks.ended(callSid);
    this.#opened.delete(callSid);
    if (this.#knownEndings.get(callSid) === ending) return;
    this.#knownEndings.set(callSid, ending);
    const place = this.#place(callSid, ending);
    this.#untold.set(callSid, place);
    this.#options.link.tellInTurn([callSid], async (store) => {
      await store.replace(place);
      this.#untold.delete(callSid);
    });
  }

  /** Calls whose streams were let in here and never said whose they are: they are not live anywhere. */
  async withdraw(store: FleetStore): Promise<void> {
    const untilMs = this.#options.clock.now() - STARTED_WITHIN_MS;
    const late = [...this.#opened].filter(([, atMs]) => atMs <= untilMs).map(([callSid]) => callSid);
    if (late.length === 0) return;
    await store.putPlaces(late.map((callSid) => ({ ...this.#place(callSid, null), instance: NOWHERE })));
    for (const callSid of late) this.#opened.delete(callSid);
  }

  /** The database is back: it learns which calls are live here, and which have ended meanwhile. */
  async renew(live: readonly string[]): Promise<void> {
    const places = [
      ...live.map((callSid) => this.#place(callSid, null)),
      ...this.#untold.entries.map(([, place]) => place),
    ];
    if (places.length === 0) return;
    if (await this.#options.link.tell((store) => store.putPlaces(places))) this.#untold.clear();
  }

  /**
   * Puts what another instance needs to go on with a call where it finds it.
   *
   * @param isLimited its business may have so many calls at once, so that it has a slot
   * @returns false when the database did not take it in time
   */
  async handOver(callSid: string, call: KeptCall, isLimited: boolean): Promise<boolean> {
    const { link, talks, time } = this.#options;
    const document = talks.document(callSid, call, "moved");
    await link.told(callSid);
    const put = await link.ask(async (store) => {
      await Promise.all([
        store.putTalk(document),
        isLimited && store.ownSlots([callSid], ON_ITS_WAY, time.now()),
      ]);
    }, TAKE_WITHIN_MS);
    return put !== NO_ANSWER;
  }

  /** A call that was handed over has not left: what was put for others is not to be found any more. */
  keep(callSid: string): void {
    const { link, talks, instance, time } = this.#options;
    talks.forget(callSid);
    link.tellInTurn([callSid], async (store) => {
      await Promise.all([store.dropTalks([callSid]), store.ownSlots([callSid], instance, time.now())]);
    });
  }

  #known(callSid: string, ending: CallEnding): CallEnding {
    this.#knownEndings.set(callSid, ending);
    return ending;
  }

  #place(callSid: string, ending: CallEnding | null): CallPlaceDocument {
    const { instance, time } = this.#options;
    return { _id: callSid, instance, ending, at: time.now() };
  }

  /** A call that another instance placed was answered, and its webhook came here: so does its slot. */
  async #recallPlaced(name: string): Promise<"recalled" | "unknown"> {
    const { admission, businesses, link, instance, time } = this.#options;
    const slot = await link.ask((store) => store.slotOf(name), TAKE_WITHIN_MS);
    if (slot === NO_ANSWER || slot === undefined) return "unknown";
    const business = businesses.byId(slot.business);
    if (admission.reserve(name, { business, slotsAtPeers: "counted" })) return "unknown";
    // Whoever placed it learns with its next heartbeat that the call is here.
    const place = this.#place(name, null);
    link.tellInTurn([name], async (store) => {
      await store.replace(place);
      await store.ownSlots([name], instance, time.now());
    });
    return "recalled";
  }

  #receive(talk: TalkDocument): SuspendedCall | undefined {
    const { talks, suspended } = this.#options;
    const call = talks.read(talk);
    if (!call || (call.rescues ?? 0) > MAX_RESCUES) return undefined;
    suspended.receive(talk._id, call);
    return call;
  }

  /** Takes what is kept for a call that is back, if nobody else has. */
  async #take(callSid: string, isRescue: boolean): Promise<Recall> {
    const { suspended, link, members, talks, instance } = this.#options;
    await link.told(callSid); // what was written of it here comes first
    const version = talks.versionOf(callSid);
    if (suspended.has(callSid)) {
      if (version === undefined) return "recalled"; // the database was away when it left
      if (await this.#takeVersion(callSid, version)) return "recalled";
      // A webhook of an earlier time came here, and the call has been elsewhere since.
      suspended.leave(callSid);
    }
    let wasSeen = version !== undefined;
    // Its last stream may end just now, and write another version in the place of the one that was read.
    for (let tries = 0; tries < MAX_TAKES; tries++) {
      const talk = await link.ask((store) => store.talkOf(callSid), TAKE_WITHIN_MS);
      if (talk === NO_ANSWER || talk === undefined) return wasSeen ? "live" : "unknown";
      // A checkpoint after what was known here is that of whoever took it.
      const isOthers = talk.instance !== instance && members.has(talk.instance);
      if (talk.why === "checkpoint" && (wasSeen || (isOthers && !isRescue))) return "live";
      if (!this.#receive(talk)) return "unknown";
      if (await this.#takeVersion(callSid, talk.version)) return "recalled";
      suspended.leave(callSid);
      wasSeen = true;
    }
    return "live";
  }

  /** True also when the database does not say. */
  async #takeVersion(callSid: string, version: string): Promise<boolean> {
    const { talks, link } = this.#options;
    talks.forget(callSid);
    return await link.ask((store) => store.takeTalk(callSid, version), TAKE_WITHIN_MS) !== false;
  }
}
