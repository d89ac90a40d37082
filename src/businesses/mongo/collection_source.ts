import { createHash } from "node:crypto";
import type { Db, FindOptions } from "mongodb";
import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import { describe, type ReadDescription } from "../describe.ts";
import type { SecretLookup } from "../secrets.ts";
import { type BusinessSource, type Description, MAX_BUSINESSES } from "../source.ts";
import { type ChangeFeed, ChangeFollower } from "./change_follower.ts";
import { readDocument } from "./read_document.ts";

/** How long the server may work on one batch of documents. */
const MAX_TIME_MS = 5_000;
/** How long the server waits for a change before it answers that there is none: less than a socket may be silent. */
const MAX_AWAIT_MS = 5_000;

/** From the primary while there is one: what was said to have changed has not changed everywhere yet. */
const READ: FindOptions = {
  readPreference: "primaryPreferred",
  sort: { _id: 1 },
  limit: MAX_BUSINESSES + 1,
  maxTimeMS: MAX_TIME_MS,
  // A batch is in memory as a whole.
  batchSize: 50,
  // As bytes: documents that have not changed are not even decoded.
  raw: true,
};

/** The database in use, until disposed of. */
export interface DatabaseLease extends Disposable {
  readonly database: Db;
}

/** What businesses in a collection take. */
export interface CollectionSourceOptions {
  /** The collection's name. */
  collection: string;
  secrets: SecretLookup;
  /** @throws when the database is away */
  acquire: () => Promise<DatabaseLease>;
  clock: Clock;
  log: Log;
}

/** Businesses in a collection of MongoDB: each document is one. Kept connected as long as it is watched. */
export class CollectionSource implements BusinessSource {
  readonly name: string;
  /** Whoever names a collection has businesses. Where it is empty, a number is rather nobody's than everybody's. */
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
    if (!isSame || !this.#description) this.#description = describe(documents.values());
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
    for await (const document of database.collection(collection).find({}, READ)) {
      if (documents.size === MAX_BUSINESSES) {
        throw new RangeError(
          `There are more than ${MAX_BUSINESSES} documents, which is the most that are read.`,
        );
      }
      const bytes = document as unknown as Uint8Array; // by the option `raw`, of which the types know nothing
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
    return await database.listCollections({ name: this.#options.collection }, { nameOnly: true }).hasNext();
  }

  async #watch(): Promise<ChangeFeed> {
    const lease = await this.#options.acquire();
    // Nothing but the tokens by which a stream goes on after a lost connection: the documents are read for themselves.
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
