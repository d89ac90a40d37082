import { Deadline, raced } from "./deadline.ts";
import { SystemClock } from "./system_clock.ts";

/** Real time, as MongoDB's driver counts it. */
const CLOCK = new SystemClock();

/** How much one read of MongoDB may bring, and how long it may take. */
export interface QueryBounds {
  /** Most documents: more than an honest database has for the question. */
  readonly documents: number;
  /** From the question to the last document, in milliseconds. */
  readonly ms: number;
}

/** What every read hands to the driver. */
export interface QueryOptions {
  /** How long the server may work on it. */
  readonly maxTimeMS: number;
  /** Aborted when it is too late: the connection is closed then, whatever still comes. */
  readonly signal: AbortSignal;
}

/**
 * The documents of a cursor. Neither `limit` nor `maxTimeMS` stops a server that goes on sending, and the
 * driver asks on for as long as the server says that there is more.
 *
 * @throws {RangeError} after too many documents
 * @throws {DOMException} `TimeoutError`, after too long
 */
export async function* readDocuments<Found>(
  bounds: QueryBounds,
  open: (options: QueryOptions) => AsyncIterable<Found>,
): AsyncGenerator<Found, void, void> {
  using deadline = new Deadline(CLOCK, bounds.ms);
  const { signal } = deadline;
  const documents = open({ maxTimeMS: bounds.ms, signal })[Symbol.asyncIterator]();
  let count = 0;
  let isAtEnd = false;
  try {
    while (true) {
      const { done, value } = await raced(documents.next(), signal);
      if (done) {
        isAtEnd = true;
        return;
      }
      if (++count > bounds.documents) {
        throw new RangeError(`MongoDB sends more than ${bounds.documents} documents.`);
      }
      yield value;
      signal.throwIfAborted();
    }
  } finally {
    // Nobody waits for it: closing asks the server, too.
    if (!isAtEnd) documents.return?.().catch(() => {});
  }
}

/**
 * What the server answers with one document.
 * @throws {DOMException} `TimeoutError`, after too long
 */
export async function readOne<Answer>(
  ms: number,
  ask: (options: QueryOptions) => Promise<Answer>,
): Promise<Answer> {
  using deadline = new Deadline(CLOCK, ms);
  return await raced(ask({ maxTimeMS: ms, signal: deadline.signal }), deadline.signal);
}
