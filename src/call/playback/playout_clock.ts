import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import { ECHO_GRACE_MS, MARK_INTERVAL_MS, RoundTrip } from "./marks.ts";

/**
 * How far an echoed mark must contradict the clock before it is believed. Below this it is the jitter of the
 * way back; above, the carrier started to play later than the clock assumed (a stalled network), and the mark
 * is right.
 */
const DRIFT_TOLERANCE_MS = 20;
/** Echoes looked at together: the least late of them was held up least on its way back. */
const DRIFT_WINDOW = 4;

/** An echo that comes so much sooner than the audio before it can have been played is no echo of that. */
const MAX_EARLY_MS = 300;

/**
 * Marks stand no further apart than this, so there is one within this much of a position that was confirmed.
 */
const MARK_INTERVAL_BYTES = MARK_INTERVAL_MS * BYTES_PER_MS;

/**
 * Where the carrier's player is. Positions count the bytes of mu-law handed to it since the last `clear`. It
 * plays at exactly 8 bytes a millisecond from the moment that audio reaches it empty, so the clock says where
 * it is; echoed marks correct the clock when it started late. All of it is arithmetic: no socket, no timer.
 *
 * The time base is ours: `positionAt(t)` is what will have been played when something that we send at `t`
 * arrives there. Audio and `clear` take the same way, so the network's delay cancels out; only a mark's echo
 * has to be set back by the round trip.
 */
export class PlayoutClock {
  readonly roundTrip = new RoundTrip();

  #generation = 0;
  #sent = 0;
  /** Where the last mark stands, and the furthest one that came back. */
  #marked = 0;
  #confirmed = 0;
  /** When position 0 would have been played, had playback never paused: position = (t - origin) × 8. */
  #originMs = 0;
  /** The same, had the carrier started as soon as it could: nothing was played sooner. */
  #earliestMs = 0;
  /** The peer echoes marks before the audio in front of them is played: they prove nothing. */
  #isHasty = false;
  #markLateness: number[] = [];

  /**
   * Marks of another generation belong to audio that was cleared: the carrier echoes them too, and they prove
   * nothing.
   */
  get generation(): number {
    return this.#generation;
  }

  /** Bytes handed to the carrier since the last `clear`. */
  get sentBytes(): number {
    return this.#sent;
  }

  /** Bytes that are known to be played. */
  get confirmedBytes(): number {
    return this.#confirmed;
  }

  /** True while a mark is under way whose echo will tell something. */
  get awaitsEcho(): boolean {
    return !this.#isHasty && this.#marked > this.#confirmed;
  }

  /** A mark stands behind all that was sent so far. */
  mark(): void {
    this.#marked = this.#sent;
  }

  /**
   * Bytes played at `nowMs`, at most what was sent. When marks are overdue the carrier does not play as the
   * clock has it (the network stalls, or nobody reads at its other end), and only what they confirmed counts.
   */
  positionAt(nowMs: number): number {
    const byClock = Math.max(0, Math.min(this.#sent, (nowMs - this.#originMs) * BYTES_PER_MS));
    return this.isOverdue(nowMs) ? Math.min(byClock, this.#confirmed + MARK_INTERVAL_BYTES) : byClock;
  }

  /**
   * The last whole byte played when a `clear` takes effect that is sent at `nowMs`.
   *
   * @param unsentBytes audio that still lies in the socket, in front of the `clear`: nobody will hear it
   */
  cutPosition(nowMs: number, unsentBytes: number): number {
    return Math.floor(Math.max(0, Math.min(this.positionAt(nowMs), this.#sent - unsentBytes)));
  }

  /** True when a mark should have come back long ago. Never of a peer that has not echoed any. */
  isOverdue(nowMs: number): boolean {
    if (!this.roundTrip.known || !this.awaitsEcho) return false;
    const nextMark = Math.min(this.#marked, this.#confirmed + MARK_INTERVAL_BYTES);
    return nowMs - this.timeAt(nextMark) - this.roundTrip.ms > ECHO_GRACE_MS;
  }

  /** When `position` will be reached, if enough is sent. */
  timeAt(position: number): number {
    return this.#originMs + position / BYTES_PER_MS;
  }

  /** True when everything sent has been played at `nowMs`. */
  isDry(nowMs: number): boolean {
    return this.positionAt(nowMs) >= this.#sent;
  }

  /** So many `bytes` more go out at `nowMs`. */
  sent(bytes: number, nowMs: number): void {
    if (this.isDry(nowMs)) {
      this.#originMs = this.#earliestMs = nowMs - this.#sent / BYTES_PER_MS;
      this.#markLateness = [];
    }
    this.#sent += bytes;
  }

  /**
   * The carrier says that it has played up to `position` of `generation`, and we learn it at `nowMs`. From a
   * peer that says so before it can be, only the clock is believed from then on.
   *
   * @returns whether it is believed
   */
  played(generation: number, position: number, nowMs: number): boolean {
    if (generation !== this.#generation || position > this.#sent) return false;
    this.#isHasty ||= nowMs < this.#earliestMs + position / BYTES_PER_MS - MAX_EARLY_MS;
    if (this.#isHasty) return false;
    this.#confirmed = Math.max(this.#confirmed, position);
    if (this.roundTrip.known) this.#correct(nowMs - this.roundTrip.ms - this.timeAt(position));
    return true;
  }

  /** A `clear` goes out at `nowMs`: positions count from here, in a new generation. */
  clear(nowMs: number): void {
    this.#generation++;
    this.#sent = this.#marked = this.#confirmed = 0;
    this.#originMs = this.#earliestMs = nowMs;
  }

  /** `latenessMs`: how much later than the clock assumed a position was played, judged by one echo. */
  #correct(latenessMs: number): void {
    this.#markLateness.push(latenessMs);
    if (this.#markLateness.length < DRIFT_WINDOW) return;
    const least = Math.min(...this.#markLateness);
    if (least > DRIFT_TOLERANCE_MS) {
      this.#originMs += least;
      this.#markLateness = [];
    } else {
      this.#markLateness.shift();
    }
  }
}
