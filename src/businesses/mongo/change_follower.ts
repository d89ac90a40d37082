import type { Log } from "../../observability/log.ts";
import { type Backoff, backoffMs } from "../../util/backoff.ts";
import { after, type Clock } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import { saysNoChangeStreams } from "./without_change_streams.ts";

/** How often a collection is looked at whose server tells no changes. */
export const POLL_MS = 10_000;
/** Pauses before a change stream that broke, or could not be opened, is opened again. */
export const REOPEN: Backoff = { firstMs: 1_000, maxMs: 30_000 };
/** A stream that has been open for so long is well: when it breaks, that is a first failure. */
const STEADY_MS = 60_000;

/** What is used of the driver's change stream, and how: it is opened with the first reading. */
export interface ChangeFeed {
  /** The next change if there is one within seconds, else null. */
  tryNext(): Promise<unknown>;
  /** The next change, however long that takes. */
  next(): Promise<unknown>;
  close(): Promise<void>;
}

/** What following takes. */
export interface ChangeFollowerOptions {
  /** For messages. */
  name: string;
  /** A stream of the collection's changes, not read yet. What it holds goes with its `close`. */
  watch: () => Promise<ChangeFeed>;
  /** Called after changes, and whenever there may have been some that nobody told. Must not throw. */
  onChange: () => void;
  clock: Clock;
  log: Log;
  /** Default `Math.random`. */
  random?: () => number;
}

/**
 * Follows a collection until disposed of: by a change stream, which is opened again when it breaks; on a server that has
 * none, by asking to look now and then. While a stream cannot be opened, that is asked too.
 */
export class ChangeFollower implements Disposable {
  readonly #options: ChangeFollowerOptions;
  #hasStreams = true;
  #feed: ChangeFeed | undefined;
  /** In a row, whatever was open in between for a short while. */
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
      this.#options.onChange(); // for what has changed while nobody followed
      if (feed) await this.#drain(feed);
      await this.#pause();
    }
  }

  /** A stream that is open; undefined when there is none. */
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
      if (!saysNoChangeStreams(error)) this.#failed(error);
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

  /** Said once, however often it is tried. */
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
    this.#feed?.close().catch(() => {}); // what is broken cannot be closed any better
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
