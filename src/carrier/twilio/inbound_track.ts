/** Longest silence put in for one hole in the timestamps, or for one outage. */
export const MAX_GAP_FILL_MS = 10_000;
/** A hole shorter than a frame is jitter of Twilio's clock, not lost audio. */
const MIN_GAP_MS = 20;
/** No media for this long: the track stalls, and silence goes in so that the model can see the turn's end. */
export const STALL_AFTER_MS = 750;
/** How much silence goes in each time that the track is found stalled. */
export const STALL_FILL_MS = 1_000;

/**
 * The caller's audio in time, by its timestamps and by the clock: how much of it never came, so that silence can take its
 * place. Without a timer of its own.
 */
export class InboundTrack {
  /** The timestamp that the next frame should carry, or -1 before the first. */
  #nextTimestampMs = -1;
  #lastFrameAtMs = 0;
  #outageFilledMs = 0;

  /** From now on frames are awaited. */
  begin(nowMs: number): void {
    this.#lastFrameAtMs = nowMs;
  }

  /** A frame came. Returns how much is missing before it. */
  frame(nowMs: number, timestampMs: number, durationMs: number): number {
    this.#lastFrameAtMs = nowMs;
    // What the stall has put in already counts, so that one outage never gets more than the most.
    const mostMs = MAX_GAP_FILL_MS - this.#outageFilledMs;
    this.#outageFilledMs = 0;
    const gapMs = this.#nextTimestampMs < 0 ? 0 : timestampMs - this.#nextTimestampMs;
    this.#nextTimestampMs = timestampMs + durationMs;
    return gapMs < MIN_GAP_MS ? 0 : Math.min(gapMs, mostMs);
  }

  /** Milliseconds until the track stalls if no frame comes; none when it is stalled. */
  stallsInMs(nowMs: number): number {
    return Math.max(0, this.#lastFrameAtMs + STALL_AFTER_MS - nowMs);
  }

  /** The track is stalled, or is so still after {@link STALL_FILL_MS}. Returns how much is missing since it was last asked. */
  stalled(): number {
    if (this.isLost) return 0;
    this.#outageFilledMs += STALL_FILL_MS;
    // The timestamps of what comes late are then behind this, and are not filled a second time.
    if (this.#nextTimestampMs >= 0) this.#nextTimestampMs += STALL_FILL_MS;
    return STALL_FILL_MS;
  }

  /** True once the most has been put in for an outage that still lasts. */
  get isLost(): boolean {
    return this.#outageFilledMs >= MAX_GAP_FILL_MS;
  }
}
