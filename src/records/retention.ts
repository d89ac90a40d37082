import type { Log } from "../observability/log.ts";
import { after, type Clock, type Timer } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import type { WithStore } from "./record_store.ts";
import type { RecordingStore } from "./recordings/recording_store.ts";

/** Until the first deletion of expired records, so that a server that is restarted often deletes them too. */
const FIRST_SWEEP_MS = 60_000;
/** Between two deletions: a record is deleted at most this late. Until then the store hides it. */
const SWEEP_MS = 3_600_000;

/** What a {@link Retention} deletes from. */
export interface RetentionOptions {
  withStore: WithStore;
  /** Recordings of messages. Default: none are kept. */
  recordings?: RecordingStore;
  clock: Clock;
  log: Log;
}

/** Deletes records, and the recordings of their messages, once they have been kept as long as they may be. */
export class Retention implements AsyncDisposable {
  readonly #options: RetentionOptions;
  #sweep: Timer;
  /** Under way. One that takes longer than an hour is followed by no second one beside it. */
  #deletion: Promise<void> | undefined;
  readonly #abort = new AbortController();

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#sweep = this.#schedule(FIRST_SWEEP_MS);
  }

  /** Resolves once a deletion under way has halted: the next process goes on with it. Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#sweep.cancel();
    this.#abort.abort();
    await this.#deletion;
  }

  #schedule(delayMs: number): Timer {
    return after(this.#options.clock, delayMs, () => {
      this.#sweep = this.#schedule(SWEEP_MS);
      this.#deletion ??= this.#deleteExpired();
    });
  }

  async #deleteExpired(): Promise<void> {
    const { withStore, recordings, clock, log } = this.#options;
    try {
      const deleted = await withStore((store) => store.deleteExpired(clock.epoch(), this.#abort.signal));
      if (deleted > 0) log.info("records_expired", { records: deleted });
      const deletedRecordings = await recordings?.deleteExpired(clock.epoch()) ?? 0;
      if (deletedRecordings > 0) log.info("recordings_expired", { recordings: deletedRecordings });
    } catch (error) {
      log.warn("retention_failed", { message: messageOf(error), meaning: "tried again within the hour" });
    } finally {
      this.#deletion = undefined;
    }
  }
}
