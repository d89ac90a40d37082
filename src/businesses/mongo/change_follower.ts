import type { Log } from "../../observability/log.ts";
import { type Backoff, backoffMs } from "../../util/backoff.ts";
import { after, type Clock } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";

/** How often a collection is read whose server has no change streams. */
export const POLL_MS = 10_000;
/** Pauses before a change stream that broke, or could not be opened, is opened again. */
export const REOPEN: Backoff = { firstMs: 1_000, maxMs: 30_000 };
/** A stream that has been open for this long was sound: when it breaks, that counts as a first failure. */
const STEADY_MS = 60_000;

/** What is used of the driver's change stream, which opens with the first reading. */
export interface ChangeFeed {
  /** The next change if one comes within seconds, otherwise null. */
  tryNext(): Promise<unknown>;
  /** The next change, however long it takes. */
  next(): Promise<unknown>;
  close(): Promise<void>;
}

/** What {@link ChangeFollower} needs. */
export interface ChangeFollowerOptions {
  /** For messages. */
  name: string;
  /** A stream of the collection's changes, not read yet. `close` releases what it holds. */
  watch: () => Promise<ChangeFeed>;
  /** Called after changes, and whenever some may have been missed. Must not throw. */
  onChange: () => void;
  clock: Clock;
  log: Log;
  /** Default `Math.random`. */
  random?: () => number;
}

/**
 * Follows a collection until disposed of: by a change stream, which is opened again when it breaks, or by
 * calling `onChange` at intervals on a server that has none. It does so too while a stream cannot be opened.
 */
export class ChangeFollower implements Disposable {
  readonly #options: ChangeFollowerOptions;
  #hasStreams = true;
  #feed: ChangeFeed | undefined;
  /** In a row; a stream that was open for a short while does not end the row. */
  #failures = 0;
  #endPause: (() => void) | undefined;
  #isClosed = false;

  constructor(options: ChangeFollowerOptions) {
    this.#options = options;
    void this.#run();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#endPause?.();
    this.#close();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const feed = this.#hasStreams ? await this.#open() : undefined;
      if (this.#isClosed) return;
      this.#options.onChange(); // for changes that came before the stream was open
      if (feed) await this.#drain(feed);
      await this.#pause();
    }
  }

  /** An open stream; undefined when there is none. */
  async #open(): Promise<ChangeFeed | undefined> {
    const { name, watch, log } = this.#options;
    try {
      this.#feed = await watch();
      if (this.#isClosed) this.#close();
      await this.#feed?.tryNext();
      if (!this.#isClosed) log.info("businesses_followed", { source: name, by: "change_stream" });
      return this.#feed;
    } catch (error) {
      this.#close();
      if (!lacksChangeStreams(error)) this.#failed(error);
      else {
        this.#hasStreams = false;
        log.info("businesses_followed", { source: name, by: "polling", everySeconds: POLL_MS / 1000 });
      }
      return undefined;
    }
  }

  /** Reads changes until the stream breaks. */
  async #drain(feed: ChangeFeed): Promise<void> {
    const { clock, onChange } = this.#options;
    const openedMs = clock.now();
    try {
      while (!this.#isClosed) {
        await feed.next();
        onChange();
      }
    } catch (error) {
      if (clock.now() - openedMs >= STEADY_MS) this.#failures = 0;
      this.#failed(error);
    } finally {
      this.#close();
    }
  }

  /** Logs the first failure of a row only. */
  #failed(error: unknown): void {
    if (this.#isClosed || this.#failures++ > 0) return;
    const { name, log } = this.#options;
    log.warn("businesses_not_followed", {
      source: name,
      message: messageOf(error),
      meaning: "it is tried again",
    });
  }

  #close(): void {
    this.#feed?.close().catch(() => {}); // a broken stream may fail to close
    this.#feed = undefined;
  }

  #pause(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const { clock, random = Math.random } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const ms = this.#hasStreams ? backoffMs(REOPEN, this.#failures, random()) : POLL_MS;
    const timer = after(clock, ms, resolve);
    this.#endPause = () => {
      timer.cancel();
      resolve();
    };
    return promise;
  }
}

/**
 * Error codes of a server without change streams: no replica set (40573), versions without the stage or the
 * command (40324, 59), and servers that speak MongoDB's protocol without it (115 `CommandNotSupported`, 238
 * `NotImplemented`: FerretDB 1.24).
 */
const NO_CHANGE_STREAMS: readonly unknown[] = [40573, 40324, 59, 115, 238];

/** Whether an error says that the server has no change streams, so that trying again is useless. */
function lacksChangeStreams(error: unknown): boolean {
  return error instanceof Error && error.name === "MongoServerError" && "code" in error &&
    NO_CHANGE_STREAMS.includes(error.code);
}
