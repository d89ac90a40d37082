import { createHash } from "node:crypto";
import type { Db, FindOptions } from "mongodb";
import type { Log } from "../../observability/log.ts";
import { type QueryBounds, readDocuments, readOne } from "../../util/bounded_reads.ts";
import type { Clock } from "../../util/clock.ts";
import { readBusiness } from "../read_business.ts";
import type { SecretLookup } from "../secrets.ts";
import {
  type BusinessSource,
  type Description,
  MAX_BUSINESSES,
  MAX_DESCRIPTION_BYTES,
  type ReadDescription,
  toDescription,
} from "../source.ts";
import { type ChangeFeed, ChangeFollower } from "./change_follower.ts";

/** All businesses. One more than may be there shows that there are too many. */
const ALL: QueryBounds = { documents: MAX_BUSINESSES + 1, ms: 30_000 };
/** How long the server may take to say whether the collection is there. */
const MAX_TIME_MS = 5_000;
/**
 * How long the server waits for a change before it answers that there is none; a socket may be silent for
 * longer.
 */
const MAX_AWAIT_MS = 5_000;

/** From the primary while there is one: a change that was reported may not have reached the others yet. */
const READ: FindOptions = {
  readPreference: "primaryPreferred",
  sort: { _id: 1 },
  limit: ALL.documents,
  // A batch is in memory as a whole.
  batchSize: 50,
  // As bytes: unchanged documents need not be decoded.
  raw: true,
};

/** The database in use, until disposed of. */
export interface DatabaseLease extends Disposable {
  readonly database: Db;
}

/** What {@link CollectionSource} needs. */
export interface CollectionSourceOptions {
  /** The collection's name. */
  collection: string;
  secrets: SecretLookup;
  /** @throws when the database is away */
  acquire: () => Promise<DatabaseLease>;
  clock: Clock;
  log: Log;
}

/** Businesses in a collection of MongoDB, one in each document. Stays connected while it is watched. */
export class CollectionSource implements BusinessSource {
  readonly name: string;
  /** Whoever names a collection has businesses of their own: where it is empty, no number is answered. */
  readonly ifNone = [];
  readonly mayBeAway = true;
  readonly #options: CollectionSourceOptions;
  /** What was read last, each by the hash of its document, which has the `_id` in it. */
  #documents: ReadonlyMap<string, ReadDescription> = new Map();
  #description: Description | undefined;

  constructor(options: CollectionSourceOptions) {
    this.name = `mongodb:${options.collection}`;
    this.#options = options;
  }

  async read(): Promise<Description | undefined> {
    using lease = await this.#options.acquire();
    const documents = await this.#readAll(lease.database);
    if (documents.size === 0 && !await this.#exists(lease.database)) return undefined;
    const before = this.#documents;
    this.#documents = documents;
    const isSame = before.size === documents.size && documents.keys().every((hash) => before.has(hash));
    if (!isSame || !this.#description) this.#description = toDescription(documents.values());
    return this.#description;
  }

  watch(onChange: () => void): Disposable {
    const { clock, log } = this.#options;
    return new ChangeFollower({ name: this.name, watch: () => this.#watch(), onChange, clock, log });
  }

  async #readAll(database: Db): Promise<Map<string, ReadDescription>> {
    const { collection, secrets } = this.#options;
    const { BSON } = await import("mongodb");
    const documents = new Map<string, ReadDescription>();
    const all = readDocuments(
      ALL,
      (options) => database.collection(collection).find({}, { ...READ, ...options }),
    );
    for await (const document of all) {
      if (documents.size === MAX_BUSINESSES) {
        throw new RangeError(
          `There are more than ${MAX_BUSINESSES} documents, which is the most that are read.`,
        );
      }
      const bytes: unknown = document; // because of the option `raw`, which the types ignore
      if (!(bytes instanceof Uint8Array)) throw new TypeError("The driver has parsed a document.");
      const hash = createHash("sha256").update(bytes).digest("base64");
      const known = this.#documents.get(hash);
      documents.set(
        hash,
        known ?? await readDocument(collection, BSON.deserialize(bytes), bytes.length, secrets),
      );
    }
    return documents;
  }

  async #exists(database: Db): Promise<boolean> {
    const filter = { name: this.#options.collection };
    return await readOne(
      MAX_TIME_MS,
      (options) => database.listCollections(filter, { ...options, nameOnly: true }).hasNext(),
    );
  }

  async #watch(): Promise<ChangeFeed> {
    const lease = await this.#options.acquire();
    // Only the tokens by which a stream resumes after a lost connection: the documents are read separately.
    const stream = lease.database.collection(this.#options.collection)
      .watch([{ $project: { _id: 1 } }], { maxAwaitTimeMS: MAX_AWAIT_MS });
    return {
      tryNext: () => stream.tryNext(),
      next: () => stream.next(),
      async close() {
        try {
          await stream.close();
        } finally {
          lease[Symbol.dispose]();
        }
      },
    };
  }
}

/** A document as the driver decodes it from BSON. */
type Document = Readonly<Record<string, unknown>>;

/**
 * Reads one business from a document: the content of a business file, and `_id`, which is the business's id
 * where the document has no `id`. Values that JSON does not have, such as dates, are read as JSON would write
 * them.
 *
 * @param size of the document's BSON, in bytes
 */
async function readDocument(
  collection: string,
  { _id, ...described }: Document,
  size: number,
  secrets: SecretLookup,
): Promise<ReadDescription> {
  const file = `${collection}/${_id}`;
  const wrong = (problem: string): ReadDescription => ({ file, problems: [{ file, path: "", problem }] });
  if (size > MAX_DESCRIPTION_BYTES) return wrong(`must have at most ${MAX_DESCRIPTION_BYTES} bytes`);
  // An id that the database made (an ObjectId) is not a name that anybody would know the business by.
  const named = { id: typeof _id === "string" ? _id : "", by: "_id" };
  const result = await readBusiness(file, JSON.stringify(described), { secrets, named });
  return { file, ...result };
}
