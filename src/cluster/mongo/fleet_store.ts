import type { AnyBulkWriteOperation, Collection, Db } from "mongodb";
import { type QueryBounds, type QueryOptions, readDocuments, readOne } from "../../util/bounded_reads.ts";
import {
  type CallPlaceDocument,
  type DayDocument,
  type InstanceDocument,
  ON_ITS_WAY,
  type SlotDocument,
  type TalkDocument,
  type TokenDocument,
} from "./fleet_documents.ts";
import { readDay, readInstance, readPlace, readSlot, readTalk } from "./fleet_forms.ts";

/** How long the server may work on one operation. */
const MAX_TIME_MS = 2_000;
const DUPLICATE_KEY = 11_000;
/** Documents of any kind that are read at a time: more than a fleet of a thousand instances has. */
const READ: QueryBounds = { documents: 10_000, ms: MAX_TIME_MS };

/** How long each kind of document is kept after its `at`, in milliseconds. */
const KEPT_MS = {
  tokens: 2 * 60_000,
  instances: 10 * 60_000,
  // What waits for a call that is away waits no longer than in one process.
  talks: 10 * 60_000,
  // As long as a call may last by Twilio's own default: what was signed once can be sent again.
  calls: 4 * 3_600_000,
  // No day lasts longer, counted from anywhere on earth.
  days: 48 * 3_600_000,
} as const;

/**
 * What the instances of a fleet know together, as documents. Whatever only one may have is decided by a
 * unique key or by who deletes a document: both hold on everything that speaks MongoDB's protocol, while
 * `findOneAndUpdate` is not atomic everywhere. What is counted has one writer a document.
 */
export class FleetStore {
  readonly #instances: Collection<InstanceDocument>;
  readonly #tokens: Collection<TokenDocument>;
  readonly #slots: Collection<SlotDocument>;
  readonly #calls: Collection<CallPlaceDocument>;
  readonly #talks: Collection<TalkDocument>;
  readonly #days: Collection<DayDocument>;
  /** Collections whose old documents the server itself removes. */
  readonly #expiring = new Set<keyof typeof KEPT_MS>();
  /** Operations since the start, of each kind: `batches` are writes for all calls of an instance at once. */
  readonly operations = { reads: 0, writes: 0, batches: 0 };

  private constructor(database: Db) {
    this.#instances = database.collection("cluster_instances");
    this.#tokens = database.collection("cluster_tokens");
    this.#slots = database.collection("cluster_slots");
    this.#calls = database.collection("cluster_calls");
    this.#talks = database.collection("cluster_talks");
    this.#days = database.collection("cluster_days");
  }

  /** Makes the indexes that are missing. */
  static async open(database: Db): Promise<FleetStore> {
    const store = new FleetStore(database);
    await Promise.all([
      store.#slots.createIndex({ business: 1 }),
      store.#slots.createIndex({ call: 1 }),
      store.#slots.createIndex({ instance: 1 }),
      store.#days.createIndex({ business: 1, date: 1 }),
    ]);
    for (const [name, keptMs] of Object.entries(KEPT_MS)) {
      await store.#expire(name as keyof typeof KEPT_MS, keptMs);
    }
    return store;
  }

  async #expire(name: keyof typeof KEPT_MS, keptMs: number): Promise<void> {
    try {
      await this.#collection(name).createIndex({ at: 1 }, { expireAfterSeconds: keptMs / 1_000 });
      this.#expiring.add(name);
    } catch (error) {
      // Some that speak MongoDB's protocol remove nothing by themselves; then sweep() does.
      if (!isServerError(error)) throw error;
      await this.#collection(name).createIndex({ at: 1 });
    }
  }

  /** Says that an instance lives. Returns the database's time. */
  async beat({ _id, ...instance }: Omit<InstanceDocument, "at">): Promise<Date> {
    this.operations.batches++;
    const said = await this.#instances.findOneAndUpdate(
      { _id },
      { $set: instance, $currentDate: { at: true } },
      { upsert: true, returnDocument: "after", maxTimeMS: MAX_TIME_MS },
    );
    if (!said) throw new Error("MongoDB does not return what it was told of an instance.");
    return said.at;
  }

  async instances(): Promise<InstanceDocument[]> {
    this.operations.reads++;
    return await readAll((options) => this.#instances.find({}, options), readInstance);
  }

  async removeInstances(ids: readonly string[]): Promise<void> {
    this.operations.writes++;
    await this.#instances.deleteMany({ _id: { $in: [...ids] } });
  }

  /** Uses a token up. Returns false when somebody has before. */
  async redeem(nonce: string, at: Date): Promise<boolean> {
    this.operations.writes++;
    return await inserted(this.#tokens.insertOne({ _id: nonce, at }));
  }

  /** The slots of a business that are taken. */
  async slotsOf(business: string): Promise<SlotDocument[]> {
    this.operations.reads++;
    return await readAll((options) => this.#slots.find({ business }, options), readSlot);
  }

  /** The slots whose owner is `instance`. */
  async slotsAt(instance: string): Promise<SlotDocument[]> {
    this.operations.reads++;
    return await readAll((options) => this.#slots.find({ instance }, options), readSlot);
  }

  /** Returns false when another call has that slot. */
  async takeSlot(number: number, slot: Omit<SlotDocument, "_id">): Promise<boolean> {
    this.operations.writes++;
    return await inserted(this.#slots.insertOne({ _id: `${slot.business}#${number}`, ...slot }));
  }

  /** The slots of these calls are `instance`'s from now on. */
  async ownSlots(calls: readonly string[], instance: string, at: Date): Promise<void> {
    this.operations.writes++;
    await this.#slots.updateMany({ call: { $in: [...calls] } }, { $set: { instance, at } });
  }

  /** The slot of a call, whichever instance owns it. */
  async slotOf(call: string): Promise<SlotDocument | undefined> {
    this.operations.reads++;
    return readSlot(await readOne(READ.ms, (options) => this.#slots.findOne({ call }, options)));
  }

  /** The slot of a call that was placed, and has its CallSid now. */
  async renameSlot(call: string, callSid: string, instance: string): Promise<void> {
    this.operations.writes++;
    await this.#slots.updateMany({ call, instance }, { $set: { call: callSid } });
  }

  /** Frees the slots of these calls as far as they are `instance`'s. */
  async freeSlots(calls: readonly string[], instance: string): Promise<void> {
    this.operations.writes++;
    await this.#slots.deleteMany({ call: { $in: [...calls] }, instance });
  }

  /** Frees the slots of calls that are over, whichever instance owns them. */
  async freeSlotsOf(calls: readonly string[]): Promise<void> {
    this.operations.writes++;
    await this.#slots.deleteMany({ call: { $in: [...calls] } });
  }

  /** Frees the slots of instances that are dead, and of calls that have been on their way since `before`. */
  async freeAbandoned(instances: readonly string[], before: Date): Promise<number> {
    this.operations.batches++;
    const { deletedCount } = await this.#slots.deleteMany({
      $or: [{ instance: { $in: [...instances] } }, { instance: ON_ITS_WAY, at: { $lt: before } }],
    });
    return deletedCount;
  }

  async placeOf(call: string): Promise<CallPlaceDocument | undefined> {
    this.operations.reads++;
    return readPlace(await readOne(READ.ms, (options) => this.#calls.findOne({ _id: call }, options)));
  }

  async placesOf(calls: readonly string[]): Promise<CallPlaceDocument[]> {
    this.operations.reads++;
    const filter = { _id: { $in: [...calls] } };
    return await readAll((options) => this.#calls.find(filter, options), readPlace);
  }

  /** Says where a call is for the first time. Returns false when that is known already. */
  async place(place: CallPlaceDocument): Promise<boolean> {
    this.operations.writes++;
    return await inserted(this.#calls.insertOne({ ...place }));
  }

  /** Says where a call is now, or how it ended. */
  async replace({ _id, ...place }: CallPlaceDocument): Promise<void> {
    this.operations.writes++;
    await this.#calls.updateOne({ _id }, { $set: place }, { upsert: true });
  }

  /** Several at once: one operation. */
  async putPlaces(places: readonly CallPlaceDocument[]): Promise<void> {
    this.operations.batches++;
    const changes = places.map(({ _id, ...place }) => ({
      updateOne: { filter: { _id }, update: { $set: place }, upsert: true }, // the token stays
    }));
    await this.#calls.bulkWrite(changes, { ordered: false });
  }

  async talkOf(call: string): Promise<TalkDocument | undefined> {
    this.operations.reads++;
    return readTalk(await readOne(READ.ms, (options) => this.#talks.findOne({ _id: call }, options)));
  }

  async putTalk({ _id, ...talk }: TalkDocument): Promise<void> {
    this.operations.writes++;
    await this.#talks.replaceOne({ _id }, talk, { upsert: true });
  }

  /** Puts a talk in the place of this very version; does nothing when somebody has taken that. */
  async replaceTalk({ _id, ...talk }: TalkDocument, version: string): Promise<void> {
    this.operations.writes++;
    await this.#talks.replaceOne({ _id, version }, talk);
  }

  /**
   * Several checkpoints at once. What was written of a call after its checkpoint was made stays: a call may
   * leave while that is on its way.
   */
  async putCheckpoints(talks: readonly TalkDocument[]): Promise<void> {
    this.operations.batches++;
    const renewals = talks.map(({ _id, ...replacement }) => ({
      replaceOne: { filter: { _id, at: { $lt: replacement.at } }, replacement },
    }));
    const { matchedCount } = await this.#talks.bulkWrite(renewals, { ordered: false });
    if (matchedCount === talks.length) return;
    this.operations.batches++;
    const first = talks.map(({ _id, ...talk }) => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: talk }, upsert: true },
    }));
    await this.#talks.bulkWrite(first, { ordered: false });
  }

  /** Takes this very version of a talk. Returns false when it is not there any more: somebody else has. */
  async takeTalk(call: string, version: string): Promise<boolean> {
    this.operations.writes++;
    return (await this.#talks.deleteOne({ _id: call, version })).deletedCount === 1;
  }

  async dropTalks(calls: readonly string[]): Promise<void> {
    this.operations.batches++;
    await this.#talks.deleteMany({ _id: { $in: [...calls] } });
  }

  async putDays(days: readonly DayDocument[]): Promise<void> {
    this.operations.batches++;
    await this.#days.bulkWrite(replacements(days), { ordered: false });
  }

  /** What all instances have written of these businesses, for any of these dates. */
  async daysOf(businesses: readonly string[], dates: readonly string[]): Promise<DayDocument[]> {
    this.operations.reads++;
    const filter = { business: { $in: [...businesses] }, date: { $in: [...dates] } };
    return await readAll((options) => this.#days.find(filter, options), readDay);
  }

  /** Removes what is too old, where the server does not. @param nowMs the database's time */
  async sweep(nowMs: number): Promise<void> {
    for (const [name, keptMs] of Object.entries(KEPT_MS) as [keyof typeof KEPT_MS, number][]) {
      if (this.#expiring.has(name)) continue;
      this.operations.batches++;
      await this.#collection(name).deleteMany({ at: { $lt: new Date(nowMs - keptMs) } });
    }
  }

  #collection(name: keyof typeof KEPT_MS): AgingCollection {
    const collections = {
      tokens: this.#tokens,
      instances: this.#instances,
      talks: this.#talks,
      calls: this.#calls,
      days: this.#days,
    };
    return collections[name];
  }
}

/** What documents are removed from by their age. */
interface AgingCollection {
  createIndex(keys: { at: 1 }, options?: { expireAfterSeconds: number }): Promise<unknown>;
  deleteMany(filter: { at: { $lt: Date } }): Promise<unknown>;
}

/** Writes each document in place of the one that is there. */
function replacements<Kind extends { _id: string }>(
  documents: readonly Kind[],
): AnyBulkWriteOperation<Kind>[] {
  return documents.map(({ _id, ...replacement }) =>
    ({ replaceOne: { filter: { _id }, replacement, upsert: true } }) as AnyBulkWriteOperation<Kind>
  );
}

/** What a question finds that `read` knows, and no more than a fleet has. */
async function readAll<Found>(
  open: (options: QueryOptions & { limit: number }) => AsyncIterable<unknown>,
  read: (document: unknown) => Found | undefined,
): Promise<Found[]> {
  const found = readDocuments(READ, (options) => open({ ...options, limit: READ.documents }));
  return (await Array.fromAsync(found)).flatMap((document) => read(document) ?? []);
}

/** Whether a document was inserted; false when its key is there already. */
async function inserted(insertion: Promise<unknown>): Promise<boolean> {
  try {
    await insertion;
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === DUPLICATE_KEY) return false;
    throw error;
  }
}

/** The server has answered, and refused. */
function isServerError(error: unknown): boolean {
  return error instanceof Error && error.name === "MongoServerError";
}
