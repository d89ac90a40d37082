import type { Log } from "../../observability/log.ts";
import type { CallTalk, TalkChange } from "../../observability/reports/call_talk.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import { eventMessage } from "./feed.ts";

/** Talks that may be followed at the same time. Another viewer is told to come back later. */
export const MAX_TALKS = 16;
/** Between two looks at a talk. */
export const TALK_EVERY_MS = 200;
/** A call that is not there yet, or that is away at a transfer, is waited for. */
export const TALK_PATIENCE_MS = 15_000;
/**
 * Messages that may wait for a viewer's connection. While so many wait none is made: the next one has all
 * that has changed meanwhile. A viewer who reads nothing for {@link TALK_PATIENCE_MS} is dropped.
 */
const MAX_WAITING_TALK = 4;
/** How often a viewer is asked whether it may still watch. */
const ASK_EVERY_MS = 10_000;

/** Where talks come from; undefined when the call is not live. */
export type TalkSource = (callSid: string) => Promise<CallTalk | undefined>;

/** Server-sent events of the talk of one call each, as it goes. Without viewers it holds no timer. */
export class TalkFeed implements Disposable {
  readonly #source: TalkSource;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #viewers = new Set<TalkViewer>();

  constructor(source: TalkSource, clock: Clock, log: Log) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /**
   * A stream of `talk` events with what has changed ({@link TalkChange}); `away` once while the call is not
   * live here, and `over` when it has been so for {@link TALK_PATIENCE_MS}, which is the end. Undefined above
   * {@link MAX_TALKS}.
   *
   * @param mayWatch asked now and then; the stream ends when it may not. Default: it always may
   */
  open(
    callSid: string,
    mayWatch: () => Promise<boolean> = () => Promise.resolve(true),
  ): ReadableStream<Uint8Array> | undefined {
    if (this.#viewers.size >= MAX_TALKS) return undefined;
    let viewer: TalkViewer;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        viewer = new TalkViewer(controller, {
          look: () => this.#source(callSid),
          mayWatch,
          clock: this.#clock,
          log: this.#log,
          onEnd: () => this.#viewers.delete(viewer),
        });
        this.#viewers.add(viewer);
      },
      cancel: () => viewer.end(),
    }, { highWaterMark: MAX_WAITING_TALK });
  }

  /** Ends the streams of viewers who may not watch any more. */
  async checkViewers(): Promise<void> {
    await Promise.all([...this.#viewers].map((viewer) => viewer.check()));
  }

  /** Ends all streams. */
  [Symbol.dispose](): void {
    for (const viewer of [...this.#viewers]) viewer.close();
  }
}

interface TalkViewerPort {
  look(): Promise<CallTalk | undefined>;
  mayWatch(): Promise<boolean>;
  clock: Clock;
  log: Log;
  onEnd(): void;
}

/** One viewer, and what it has been told so far. */
class TalkViewer {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #port: TalkViewerPort;
  #differ = new TalkDiffer();
  #isAway = false;
  #timer: Timer;
  /** Since when the call has not been seen, or nothing could be sent. */
  #idleSinceMs: number;
  #askedMs: number;
  #isEnded = false;

  constructor(controller: ReadableStreamDefaultController<Uint8Array>, port: TalkViewerPort) {
    this.#controller = controller;
    this.#port = port;
    this.#idleSinceMs = this.#askedMs = port.clock.now();
    this.#timer = after(port.clock, 0, () => void this.#tick());
  }

  /** The connection is gone. */
  end(): void {
    this.#isEnded = true;
    this.#timer.cancel();
    this.#port.onEnd();
  }

  /** Ends the stream. */
  close(): void {
    if (this.#isEnded) return;
    this.end();
    this.#controller.close();
  }

  /** Ends the stream when its viewer may not watch any more. */
  async check(): Promise<void> {
    this.#askedMs = this.#port.clock.now();
    if (!await this.#port.mayWatch()) this.close();
  }

  async #tick(): Promise<void> {
    try {
      await this.#look();
    } catch (error) {
      this.#port.log.error("dashboard_failed", { message: messageOf(error) });
    }
    if (!this.#isEnded) this.#timer = after(this.#port.clock, TALK_EVERY_MS, () => void this.#tick());
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#port;
    if (clock.now() - this.#askedMs >= ASK_EVERY_MS) await this.check();
    if (this.#isEnded) return;
    const hasRoom = (this.#controller.desiredSize ?? 0) > 0;
    const talk = hasRoom ? await this.#port.look() : undefined;
    if (this.#isEnded) return;
    if (talk) {
      this.#idleSinceMs = clock.now();
      this.#isAway = false;
      const change = this.#differ.changeOf(talk);
      if (change) this.#send("talk", change);
      return;
    }
    if (hasRoom && !this.#isAway) {
      this.#isAway = true;
      this.#differ = new TalkDiffer(); // it may come back with another talk
      this.#send("away", {});
    }
    if (clock.now() - this.#idleSinceMs >= TALK_PATIENCE_MS) {
      if (hasRoom) this.#send("over", {});
      else log.warn("dashboard_viewer_dropped", { viewers: 1 });
      this.close();
    }
  }

  #send(event: string, data: unknown): void {
    this.#controller.enqueue(eventMessage(event, data));
  }
}

/** Finds what a viewer has not been told yet. */
class TalkDiffer {
  /** What was told last, as JSON: entries one by one, and the figures. */
  #entries: string[] = [];
  #earlier = 0;
  #turnCount = 0;
  #figures = "";
  #hasBegun = false;

  /** What has changed since the talk before; undefined when nothing has but the time. */
  changeOf({ about, entries, earlier, turns, turnCount, ...rest }: CallTalk): TalkChange | undefined {
    const texts = entries.map((entry) => JSON.stringify(entry));
    const isMoved = earlier !== this.#earlier;
    let from = 0;
    while (!isMoved && from < texts.length && texts[from] === this.#entries[from]) from++;
    const figures = `${rest.state} ${rest.costUsd}`;
    const newTurns = turnCount - this.#turnCount;
    const isSame = this.#hasBegun && from === texts.length && from === this.#entries.length &&
      newTurns === 0 &&
      figures === this.#figures && !isMoved;
    if (isSame) return undefined;
    this.#entries = texts;
    this.#earlier = earlier;
    this.#turnCount = turnCount;
    this.#figures = figures;
    const first = !this.#hasBegun;
    this.#hasBegun = true;
    return {
      ...first && { about },
      ...rest,
      earlier,
      from,
      entries: entries.slice(from),
      turns: newTurns > 0 ? turns.slice(-newTurns) : [],
    };
  }
}
