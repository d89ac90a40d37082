import { after, type Clock, type Timer } from "../../util/clock.ts";

/** A stream that has shown no sign of taking audio for this long, while it should, is stalled. */
export const STREAM_STALLED_AFTER_MS = 15_000;
const LOOK_EVERY_MS = 1_000;
const LOOK_SLACK_MS = 100;

/** What a watch looks at. */
export interface WatchedStream {
  /** True while audio is under way or waits. */
  isBusy(): boolean;
  /** True while the stream does not take what it should, or does not confirm what it should have played. */
  isStuck(): boolean;
  /** No sign of progress for {@link STREAM_STALLED_AFTER_MS}. Once. */
  onStalled(): void;
}

/**
 * Finds a peer that has stopped reading. It runs only while audio is under way. Once the stream is stuck,
 * only a sign of life clears it; that the audio was cleared meanwhile does not.
 */
export class StallWatch implements Disposable {
  readonly #clock: Clock;
  readonly #stream: WatchedStream;
  #timer: Timer | undefined;
  #stuckSinceMs: number | undefined;
  #isOver = false;

  constructor(clock: Clock, stream: WatchedStream) {
    this.#clock = clock;
    this.#stream = stream;
  }

  /** Audio is under way from now on. */
  begin(): void {
    if (!this.#isOver) this.#timer ??= after(this.#clock, LOOK_EVERY_MS, () => this.#look(), LOOK_SLACK_MS);
  }

  /** The peer took or confirmed something. */
  alive(): void {
    this.#stuckSinceMs = undefined;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#clock.awake(); // echoes that came while we stood still are not read yet
    if (this.#stream.isStuck()) this.#stuckSinceMs ??= now;
    if (this.#stuckSinceMs !== undefined && now - this.#stuckSinceMs >= STREAM_STALLED_AFTER_MS) {
      this.#isOver = true;
      return this.#stream.onStalled();
    }
    if (this.#stuckSinceMs !== undefined || this.#stream.isBusy()) this.begin();
  }
}
