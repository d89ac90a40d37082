import { BSON, type Db } from "mongodb";
import type { DatabaseLease } from "../../../src/businesses/mongo/collection_source.ts";
import { LEAST } from "../business_files.ts";

/** An error as a server's answer becomes one. */
export function serverError(code: number): Error {
  return Object.assign(new Error(`code ${code}`), { name: "MongoServerError", code });
}

/**
 * A database with one collection, as much of it as a source of businesses sees by the driver. Its server has change streams,
 * which the one of the other tests has not.
 */
export class FakeDatabase {
  /** Every stream that was asked for, the latest last. */
  readonly streams: FakeChangeStream[] = [];
  /** How often all documents were read. */
  reads = 0;
  /** Leases that are not given back. */
  leases = 0;
  /** What opening a stream fails with. */
  openError: Error | undefined;
  readonly #documents = new Map<string, Record<string, unknown>>();

  get stream(): FakeChangeStream {
    return this.streams[this.streams.length - 1];
  }

  write(_id: string, content: Record<string, unknown>): void {
    this.#documents.set(_id, { _id, ...LEAST, ...content });
  }

  readonly acquire = (): Promise<DatabaseLease> => {
    this.leases++;
    const database = { collection: () => ({ find: () => this.#find(), watch: () => this.#watch() }) };
    return Promise.resolve({
      database: database as unknown as Db, // no more of it is used while there are documents
      [Symbol.dispose]: () => void this.leases--,
    });
  };

  async *#find(): AsyncGenerator<Uint8Array> {
    this.reads++;
    for (const document of this.#documents.values()) yield await Promise.resolve(BSON.serialize(document));
  }

  #watch(): FakeChangeStream {
    const stream = new FakeChangeStream(this.openError);
    this.streams.push(stream);
    return stream;
  }
}

/** A change stream as the driver's behaves: it opens with the first reading, and whoever waits learns that it is closed. */
export class FakeChangeStream {
  isOpen = false;
  isClosed = false;
  readonly #openError: Error | undefined;
  readonly #changes: object[] = [];
  #waiting: PromiseWithResolvers<object> | undefined;

  constructor(openError: Error | undefined) {
    this.#openError = openError;
  }

  tryNext(): Promise<object | null> {
    if (this.#openError) return Promise.reject(this.#openError);
    this.isOpen = true;
    return Promise.resolve(this.#changes.shift() ?? null);
  }

  next(): Promise<object> {
    if (this.isClosed) return Promise.reject(new Error("ChangeStream is closed"));
    const change = this.#changes.shift();
    if (change) return Promise.resolve(change);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.#waiting?.reject(new Error("ChangeStream is closed"));
    return Promise.resolve();
  }

  /** The server tells a change. */
  change(): void {
    const change = { _id: { _data: "a token" } };
    if (this.#waiting) this.#waiting.resolve(change);
    else this.#changes.push(change);
    this.#waiting = undefined;
  }

  /** The stream breaks, and cannot be resumed. */
  break(error: Error): void {
    this.isClosed = true;
    this.#waiting?.reject(error);
  }
}
