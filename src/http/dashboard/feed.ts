import type { Log } from "../../observability/log.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";

/** Pages that may watch at the same time. Another one is told to come back later. */
export const MAX_VIEWERS = 16;
/** Between two messages. */
export const FEED_EVERY_MS = 2_000;
/**
 * Messages that may wait for a viewer's connection. A slower viewer is dropped; its page reconnects by
 * itself.
 */
export const MAX_WAITING_MESSAGES = 4;

/** How often viewers are asked whether they may still watch. */
export const CHECK_EVERY_MS = 10_000;

/** What viewers are sent: the past first, then how it is now. */
export type FeedReports = { readonly [Name in "past" | "view"]: () => Promise<unknown> };

type Viewer = ReadableStreamDefaultController<Uint8Array>;
/** Whether a viewer may go on watching. */
type MayWatch = () => Promise<boolean>;

const encoder = new TextEncoder();

/**
 * Server-sent events for the dashboard, each made once for all viewers. Without viewers it holds no timer and
 * measures nothing.
 */
export class Feed implements Disposable {
  readonly #reports: FeedReports;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #viewers = new Map<Viewer, MayWatch>();
  #checkedMs = 0;
  #timer: Timer | undefined;

  constructor(reports: FeedReports, clock: Clock, log: Log) {
    this.#reports = reports;
    this.#clock = clock;
    this.#log = log;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /**
   * A stream of events for one more viewer: the past once, then the present every {@link FEED_EVERY_MS}.
   * Undefined above {@link MAX_VIEWERS}.
   *
   * @param mayWatch asked every {@link CHECK_EVERY_MS}; its stream ends when it may not. Default: it always
   * may
   */
  open(mayWatch: MayWatch = () => Promise.resolve(true)): ReadableStream<Uint8Array> | undefined {
    if (this.#viewers.size >= MAX_VIEWERS) return undefined;
    let viewer: Viewer;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        viewer = controller;
        this.#viewers.set(viewer, mayWatch);
        if (this.#viewers.size === 1) this.#schedule(0);
        void this.#tellPast(viewer);
      },
      cancel: () => this.#drop(viewer),
    }, { highWaterMark: MAX_WAITING_MESSAGES });
  }

  /** Ends the streams of viewers who may not watch any more. */
  async checkViewers(): Promise<void> {
    this.#checkedMs = this.#clock.now();
    await Promise.all([...this.#viewers].map(async ([viewer, mayWatch]) => {
      if (await mayWatch() || !this.#viewers.has(viewer)) return;
      this.#drop(viewer);
      viewer.close();
    }));
  }

  /** Ends all streams. */
  [Symbol.dispose](): void {
    for (const viewer of [...this.#viewers.keys()]) {
      this.#drop(viewer);
      viewer.close();
    }
  }

  #drop(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #tellPast(viewer: Viewer): Promise<void> {
    try {
      const past = eventMessage("past", await this.#reports.past());
      if (this.#viewers.has(viewer)) viewer.enqueue(past); // it may have left by now
    } catch (error) {
      this.#log.error("dashboard_failed", { message: messageOf(error) }); // the viewer still gets the present
    }
  }

  #schedule(delayMs: number): void {
    this.#timer = after(this.#clock, delayMs, () => void this.#tell());
  }

  async #tell(): Promise<void> {
    const timer = this.#timer;
    try {
      const bytes = eventMessage("now", await this.#reports.view());
      for (const viewer of [...this.#viewers.keys()]) this.#send(viewer, bytes);
      if (this.#clock.now() - this.#checkedMs >= CHECK_EVERY_MS) await this.checkViewers();
    } catch (error) {
      this.#log.error("dashboard_failed", { message: messageOf(error) });
    }
    // In the meantime the last viewer may have left and another one come.
    if (this.#viewers.size > 0 && this.#timer === timer) this.#schedule(FEED_EVERY_MS);
  }

  #send(viewer: Viewer, bytes: Uint8Array): void {
    if ((viewer.desiredSize ?? 0) > 0) return viewer.enqueue(bytes);
    this.#log.warn("dashboard_viewer_dropped", { viewers: this.#viewers.size });
    this.#drop(viewer);
    viewer.error(new Error("The viewer was too slow."));
  }
}

/** A server-sent event, whose data is JSON. */
export function eventMessage(event: string, data: unknown): Uint8Array {
  return encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
