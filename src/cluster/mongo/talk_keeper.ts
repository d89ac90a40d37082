import { type Business, NO_BUSINESS } from "../../businesses/business.ts";
import { businessWith } from "../../businesses/call_variables.ts";
import type { BusinessDirectory } from "../../businesses/directory.ts";
import { Journal } from "../../call/journal/journal.ts";
import type { CallSession } from "../../call/call_session.ts";
import { type KeptTalk, readKeptTalk } from "../../call/kept_talk.ts";
import type { LiveCalls } from "../../call/live_calls.ts";
import type { KeptCall, SuspendedCall } from "../../call/suspended_calls.ts";
import type { Log } from "../../observability/log.ts";
import type { Metrics } from "../../observability/metrics/metrics.ts";
import type { Clock } from "../../util/clock.ts";
import { ExpiringMap } from "../../util/expiring_map.ts";
import { setLatest } from "../../util/set_latest.ts";
import type { DatabaseTime } from "./database_time.ts";
import type { TalkDocument } from "./fleet_documents.ts";
import type { FleetStore } from "./fleet_store.ts";

/** The most that the death of an instance can lose of a talk, less a heartbeat. */
const CHECKPOINT_EVERY_MS = 12_000;
/** So long after its last checkpoint a call's next one goes along with those of others that are due ... */
const ALONG_AFTER_MS = 6_000;
/** ... as long as they are this few: what is saved are operations, and with many none are. */
const FEW = 10;
/**
 * A call that was taken up so often because its instance died is not taken up again: it may be the
 * reason.
 */
export const MAX_RESCUES = 2;
/**
 * What was kept of a call that is over stays for so long, so that one operation removes that of several:
 * nobody takes up what has an ending ...
 */
const OVER_KEPT_MS = 8_000;
/** ... or until it is that of so many. */
const MAX_OVER = 100;
/**
 * While the database is away nothing is removed. The oldest beyond so many is left to expire there by itself,
 * as that of a dead instance does.
 */
const MAX_OVER_UNTOLD = 10_000;
/** Talks that were written here and may be taken elsewhere. */
const MAX_KEPT = 1_000;
const KEPT_MS = 10 * 60_000;

/** What talks are kept with. */
export interface TalkKeeperOptions {
  readonly instance: string;
  readonly time: DatabaseTime;
  readonly businesses: BusinessDirectory;
  readonly calls: Pick<LiveCalls, "all">;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** Turns calls into documents that another instance can go on with, and back. */
export class TalkKeeper {
  readonly #options: TalkKeeperOptions;
  /** Of the talks that this instance has written of calls that are away: the version that is theirs. */
  readonly #versions: ExpiringMap<string>;
  /** When each live call was written last, on the monotonic clock. */
  readonly #checkpoints = new Map<string, number>();
  /** Calls that are over, whose checkpoint is still there, and since when, on the monotonic clock. */
  readonly #over = new Map<string, number>();

  constructor(options: TalkKeeperOptions) {
    this.#options = options;
    this.#versions = new ExpiringMap({
      maxEntries: MAX_KEPT,
      lifetimeMs: KEPT_MS,
      nowMs: () => options.clock.now(),
    });
  }

  /** The version of a call's talk that was written or read here last; undefined when none was. */
  versionOf(callSid: string): string | undefined {
    return this.#versions.get(callSid);
  }

  forget(callSid: string): void {
    this.#versions.delete(callSid);
  }

  /** A document of a call that leaves its stream, to be written. */
  document(callSid: string, call: KeptCall, why: TalkDocument["why"]): TalkDocument {
    const version = crypto.randomUUID();
    if (why !== "checkpoint") {
      this.#versions.set(callSid, version);
      this.#checkpoints.delete(callSid);
    }
    const { journal, variables, earlierCalls, carried, rescues = 0 } = call;
    const kept: KeptTalk = { journal, variables, earlierCalls, carried, rescues };
    const { instance, time } = this.#options;
    const talk = JSON.stringify(kept);
    return { _id: callSid, version, instance, why, business: call.business.id, talk, at: time.now() };
  }

  /**
   * The call of a document, which may be of another version; undefined when its business has been removed
   * meanwhile, or when what is kept is no conversation.
   */
  read({ _id, version, business: id, instance, talk, why, at }: TalkDocument): SuspendedCall | undefined {
    const { businesses, clock, metrics, log, time } = this.#options;
    const business: Business = businesses.byId(id);
    const kept = readKeptTalk(talk);
    if (business === NO_BUSINESS || !kept) {
      const reason = kept ? "business" : "form";
      metrics.count("talksNotRead", reason);
      log.warn("talk_not_read", { call: _id, business: id, instance, reason });
      return undefined;
    }
    const { journal, variables, earlierCalls, carried, rescues } = kept;
    const sinceMs = Math.max(0, time.now().getTime() - at.getTime());
    const ageMs = journal.ageMs === undefined ? undefined : journal.ageMs + sinceMs;
    this.#versions.set(_id, version);
    return {
      business: businessWith(business, variables),
      journal: new Journal(clock, metrics, { ...journal, ageMs }),
      variables,
      earlierCalls,
      carried,
      rescues: why === "checkpoint" ? rescues + 1 : rescues,
    };
  }

  /** A document of a call that is back, as it came, to be written at once: the next one is due as ever. */
  firstCheckpoint(callSid: string, call: SuspendedCall): TalkDocument {
    this.#checkpoints.set(callSid, this.#options.clock.now());
    return this.document(callSid, { ...call, journal: call.journal.state() }, "checkpoint");
  }

  /** The call is over: nobody is to take it up. */
  ended(callSid: string): void {
    if (!this.#checkpoints.delete(callSid)) return;
    setLatest(this.#over, callSid, this.#options.clock.now(), MAX_OVER_UNTOLD);
  }

  /** Removes what was kept of calls that are over. */
  async dropOver(store: FleetStore): Promise<void> {
    const over = [...this.#over.keys()];
    if (over.length === 0) return;
    await store.dropTalks(over);
    for (const callSid of over) this.#over.delete(callSid);
  }

  /** Writes down the live calls whose turn it is, and removes what was kept of those that are over. */
  async checkpoint(store: FleetStore): Promise<void> {
    const { calls, clock } = this.#options;
    const nowMs = clock.now();
    const [overSinceMs = Infinity] = this.#over.values();
    if (nowMs - overSinceMs >= OVER_KEPT_MS || this.#over.size >= MAX_OVER) await this.dropOver(store);
    const ageMs = ({ info }: CallSession) => nowMs - (this.#checkpoints.get(info.callSid) ?? -Infinity);
    const here = calls.all.filter(({ isOnItsWay }) => !isOnItsWay);
    const due = here.filter((call) => ageMs(call) >= CHECKPOINT_EVERY_MS);
    if (due.length === 0) return;
    const along = here.filter((call) => ageMs(call) >= ALONG_AFTER_MS && ageMs(call) < CHECKPOINT_EVERY_MS)
      .slice(0, Math.max(0, FEW - due.length));
    const documents = [...due, ...along].map((call) =>
      this.document(call.info.callSid, call.kept(), "checkpoint")
    );
    for (const { _id } of documents) this.#checkpoints.set(_id, nowMs);
    await store.putCheckpoints(documents);
    // What ended or left meanwhile must not stay behind.
    const live = new Set(calls.all.filter((call) => !call.isOnItsWay).map(({ info }) => info.callSid));
    for (const { _id } of documents) if (!live.has(_id)) this.ended(_id);
  }

  /** All checkpoints are due: the database may have lost what it was told last. */
  renew(): void {
    for (const callSid of this.#checkpoints.keys()) this.#checkpoints.set(callSid, -Infinity);
  }
}
