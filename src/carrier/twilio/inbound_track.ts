/** Longest silence that fills one gap in the timestamps, or one outage. */
export const MAX_GAP_FILL_MS = 10_000;
/** A gap shorter than a frame is jitter of Twilio's clock, not lost audio. */
const MIN_GAP_MS = 20;
/** The track stalls after this long without media: silence then lets the model detect the end of the turn. */
export const STALL_AFTER_MS = 750;
/** How much silence fills in each time that the track is found stalled. */
export const STALL_FILL_MS = 1_000;

/**
 * So many frames in a row that are all too early, and follow each other, come of a sender that has begun to
 * count again: 400 ms.
 */
export const RESTARTED_AFTER_FRAMES = 20;

/** What is returned for a frame that is not to be played. */
export const STALE = -1;

/**
 * Tells by timestamps and by the clock how much of the caller's audio never came, so that silence can take
 * its place. Has no timer of its own. Its clock is `Clock.awake`: frames that came while the process stood
 * still are there, and only unread.
 */
export class InboundTrack {
  /** The timestamp that the next frame should carry; NaN before the first. */
  #nextTimestampMs = NaN;
  #lastFrameAtMs = 0;
  /** Of the latest frame. NaN before the first, which comes behind none. */
  #lastSequence = NaN;
  #lastTimestampMs = NaN;
  #outageFilledMs = 0;
  /** Frames that came too early, one after another, and the timestamp of the last of them. */
  #stale = 0;
  #staleTimestampMs = 0;

  /** Expects frames from now on. */
  begin(nowMs: number): void {
    this.#lastFrameAtMs = nowMs;
  }

  /**
   * A frame came. Returns the milliseconds of audio that are missing before it; {@link STALE} when it came
   * before, or after one that follows it. A frame that is out of order is dropped rather than played there:
   * silence has taken its place.
   */
  frame(nowMs: number, sequence: number, timestampMs: number, durationMs: number): number {
    this.#lastFrameAtMs = nowMs;
    // By both numbers: a sender that counts only one of them is heard all the same.
    if (sequence <= this.#lastSequence && timestampMs <= this.#lastTimestampMs) {
      if (!this.#isRestarted(timestampMs)) return STALE;
      this.#nextTimestampMs = NaN; // what is missing between the two counts is not known
    }
    this.#stale = 0;
    this.#lastSequence = sequence;
    this.#lastTimestampMs = timestampMs;
    // What filled in during a stall counts, so that one outage never gets more than the limit.
    const mostMs = MAX_GAP_FILL_MS - this.#outageFilledMs;
    this.#outageFilledMs = 0;
    const gapMs = timestampMs - this.#nextTimestampMs;
    this.#nextTimestampMs = timestampMs + durationMs;
    return gapMs >= MIN_GAP_MS ? Math.min(gapMs, mostMs) : 0; // none before the first frame
  }

  #isRestarted(timestampMs: number): boolean {
    this.#stale = this.#stale > 0 && timestampMs > this.#staleTimestampMs ? this.#stale + 1 : 1;
    this.#staleTimestampMs = timestampMs;
    return this.#stale >= RESTARTED_AFTER_FRAMES;
  }

  /** Milliseconds until the track stalls if no frame comes; 0 when it is stalled. */
  stallsInMs(nowMs: number): number {
    return Math.max(0, this.#lastFrameAtMs + STALL_AFTER_MS - nowMs);
  }

  /**
   * The track has stalled, or is still stalled after {@link STALL_FILL_MS}. Returns how many milliseconds are
   * to be filled.
   */
  stalled(): number {
    if (this.isLost) return 0;
    this.#outageFilledMs += STALL_FILL_MS;
    // Audio that comes late has earlier timestamps than this, so its gap is not filled again.
    this.#nextTimestampMs += STALL_FILL_MS;
    return STALL_FILL_MS;
  }

  /** True once an outage has been filled up to the limit and still lasts. */
  get isLost(): boolean {
    return this.#outageFilledMs >= MAX_GAP_FILL_MS;
  }
}
