import { BYTES_PER_MS, MULAW_SILENCE } from "../../audio/mulaw.ts";

/** Twilio buffers ten minutes of audio and discards what comes beyond it (warning 31931). */
export const MAX_BUFFERED_BYTES = 10 * 60 * 1000 * BYTES_PER_MS;
/** How much of what was heard is kept by default: ten minutes. */
const DEFAULT_MAX_HEARD_BYTES = 10 * 60 * 1000 * BYTES_PER_MS;
/** Log entries kept of each kind; what comes later is counted only in the totals. */
const MAX_LOG_ENTRIES = 50_000;
/**
 * A gap that is shorter is taken to be inside an answer, a longer one to be the pause between two answers.
 */
const DEFAULT_ANSWER_GAP_MS = 1000;

/** Audio that plays without a gap. All times are in milliseconds of the player's clock. */
export interface Run {
  /** When its first byte plays. */
  startMs: number;
  /** Its first byte's place among all bytes heard. */
  firstByte: number;
  /** Bytes played or to be played; cut when a `clear` came. */
  bytes: number;
  /** Silence between the end of the run before and this one's start; 0 for the first run. */
  gapMs: number;
  /** Whether `clear` or the end of a stream came in between, so that the gap is meant. */
  isAfterClear: boolean;
}

/** One media message as it reached the player. */
export interface Arrival {
  /** When it came. */
  atMs: number;
  /** How much, in bytes of mu-law. */
  bytes: number;
}

/** What a `clear` did at the moment it arrived. */
export interface Clear {
  /** When it came. */
  atMs: number;
  /** Bytes of the whole call that had truly been played. */
  heardBytes: number;
  /** Bytes that were buffered and never will be played. */
  discardedBytes: number;
}

/** The life of one mark. */
export interface PlayerMark {
  /** As the server named it. */
  name: string;
  /** When it came. */
  arrivedMs: number;
  /** Bytes of the whole call that were to be played before it. */
  afterBytes: number;
  /** When it was echoed; undefined while it waits. */
  echoedMs?: number;
  /** Whether `clear` sent it back, so that its audio was not played. */
  wasCleared: boolean;
}

/** What a {@link Player} keeps and how it counts. */
export interface PlayerOptions {
  /** How much of what was heard is kept, in bytes of mu-law; default ten minutes. */
  maxHeardBytes?: number;
  /** A shorter gap, in milliseconds, is inside an answer, a longer one between two; default 1000. */
  answerGapMs?: number;
}

/**
 * Twilio's side of the audio, as arithmetic: media are buffered and played in order at 8 kHz from the moment
 * that they arrive, so the buffer ends at `max(now, end) + length`. There is no timer and no socket here; the
 * caller of each method says what time it is, and the true played position is known to the sample at any
 * time.
 */
export class Player {
  /** What played without a gap, in order. */
  readonly runs: Run[] = [];
  /** Media messages, in order. */
  readonly arrivals: Arrival[] = [];
  /** `clear` messages, in order. */
  readonly clears: Clear[] = [];
  /** `mark` messages, in order. */
  readonly marks: PlayerMark[] = [];
  /** Bytes accepted in all, whether played yet, still to play, or cleared. */
  receivedBytes = 0;
  /** Bytes that were discarded, because ten minutes were buffered already. */
  overflowBytes = 0;

  readonly #maxHeardBytes: number;
  readonly #answerGapMs: number;
  #waiting: PlayerMark[] = [];
  #heard = new Uint8Array(0);
  /** Bytes played or to be played, less those that were cleared. */
  #queuedBytes = 0;
  #endMs = -Infinity;
  #isCut = false;

  /** A player that has heard nothing yet. */
  constructor(options: PlayerOptions = {}) {
    this.#maxHeardBytes = options.maxHeardBytes ?? DEFAULT_MAX_HEARD_BYTES;
    this.#answerGapMs = options.answerGapMs ?? DEFAULT_ANSWER_GAP_MS;
  }

  /** Buffers audio. Returns false when the buffer was full and some of it was discarded. */
  media(nowMs: number, audio: Uint8Array): boolean {
    const room = MAX_BUFFERED_BYTES - this.bufferedBytes(nowMs);
    const accepted = audio.length <= room ? audio : audio.subarray(0, room);
    this.overflowBytes += audio.length - accepted.length;
    if (accepted.length > 0) this.#buffer(nowMs, accepted);
    return accepted === audio;
  }

  /** Adds a mark and returns when it is due: now, when nothing is buffered before it. */
  mark(nowMs: number, name: string): number {
    const mark = { name, arrivedMs: nowMs, afterBytes: this.#queuedBytes, wasCleared: false };
    this.#waiting.push(mark);
    if (this.marks.length < MAX_LOG_ENTRIES) this.marks.push(mark);
    return Math.max(nowMs, this.#endMs);
  }

  /** Takes the names of the marks whose audio has been played, in order. */
  takePlayedMarks(nowMs: number): string[] {
    const played = this.playedBytes(nowMs);
    const count = this.#waiting.findIndex((mark) => mark.afterBytes > played);
    return this.#echo(nowMs, count < 0 ? this.#waiting.length : count, false);
  }

  /** Empties the buffer and returns the names of all outstanding marks. */
  clear(nowMs: number): string[] {
    const discardedBytes = this.#discard(nowMs);
    if (this.clears.length < MAX_LOG_ENTRIES) {
      this.clears.push({ atMs: nowMs, heardBytes: this.#queuedBytes, discardedBytes });
    }
    return this.#echo(nowMs, this.#waiting.length, true);
  }

  /** The stream has ended: what is buffered is never played, and no mark is echoed any more. */
  stop(nowMs: number): void {
    this.#discard(nowMs);
    this.#waiting = [];
  }

  /** Bytes still to be played. */
  bufferedBytes(nowMs: number): number {
    return Math.max(0, Math.ceil((this.#endMs - nowMs) * BYTES_PER_MS - ROUNDING));
  }

  /**
   * Bytes of the whole call that have truly been played: the position that a truncation is measured against.
   */
  playedBytes(nowMs: number): number {
    return this.#queuedBytes - this.bufferedBytes(nowMs);
  }

  /** When the last buffered byte will have been played; `-Infinity` before any audio. */
  get endMs(): number {
    return this.#endMs;
  }

  /** Gaps inside answers: the player ran dry although the answer went on. */
  underruns(): Run[] {
    return this.runs.filter((run) => run.gapMs > 0 && run.gapMs < this.#answerGapMs && !run.isAfterClear);
  }

  /** A copy of all audio that has been played, without the silences between, up to the cap. */
  heard(nowMs: number): Uint8Array<ArrayBuffer> {
    return this.#heard.slice(0, Math.min(this.playedBytes(nowMs), this.#maxHeardBytes));
  }

  /**
   * What a recorder on the line would have from `startMs` on: the audio in its places and silence between.
   */
  recording(startMs: number, nowMs: number): Uint8Array<ArrayBuffer> {
    const heard = this.heard(nowMs);
    const length = Math.max(0, Math.round((nowMs - startMs) * BYTES_PER_MS));
    const tape = new Uint8Array(Math.min(length, this.#maxHeardBytes)).fill(MULAW_SILENCE);
    for (const run of this.runs) {
      const at = Math.round((run.startMs - startMs) * BYTES_PER_MS);
      if (at < 0 || at >= tape.length) continue;
      const audio = heard.subarray(run.firstByte, run.firstByte + run.bytes);
      tape.set(audio.subarray(0, tape.length - at), at);
    }
    return tape;
  }

  #buffer(nowMs: number, audio: Uint8Array): void {
    if (this.arrivals.length < MAX_LOG_ENTRIES) this.arrivals.push({ atMs: nowMs, bytes: audio.length });
    const gapMs = this.#endMs === -Infinity ? 0 : nowMs - this.#endMs;
    const run = this.runs.at(-1);
    const isCut = this.#isCut;
    this.#isCut = false;
    // A gap of less than one sample cannot be heard; it is the clock's grain.
    if (run && !isCut && gapMs * BYTES_PER_MS < 1) {
      run.bytes += audio.length;
    } else if (this.runs.length < MAX_LOG_ENTRIES) {
      this.runs.push({
        startMs: nowMs,
        firstByte: this.#queuedBytes,
        bytes: audio.length,
        gapMs: Math.max(0, gapMs),
        isAfterClear: isCut,
      });
    }
    this.#keep(audio);
    this.#queuedBytes += audio.length;
    this.receivedBytes += audio.length;
    this.#endMs = Math.max(nowMs, this.#endMs) + audio.length / BYTES_PER_MS;
  }

  #discard(nowMs: number): number {
    const discarded = this.bufferedBytes(nowMs);
    this.#queuedBytes -= discarded;
    this.#endMs = Math.min(this.#endMs, nowMs);
    this.#isCut = true;
    const run = this.runs.at(-1);
    if (run) run.bytes = Math.min(run.bytes, this.#queuedBytes - run.firstByte);
    return discarded;
  }

  #keep(audio: Uint8Array): void {
    const end = Math.min(this.#queuedBytes + audio.length, this.#maxHeardBytes);
    if (end <= this.#queuedBytes) return;
    if (end > this.#heard.length) {
      const larger = new Uint8Array(
        Math.min(Math.max(2 * this.#heard.length, end, 8192), this.#maxHeardBytes),
      );
      larger.set(this.#heard.subarray(0, this.#queuedBytes));
      this.#heard = larger;
    }
    this.#heard.set(audio.subarray(0, end - this.#queuedBytes), this.#queuedBytes);
  }

  #echo(nowMs: number, count: number, wasCleared: boolean): string[] {
    return this.#waiting.splice(0, count).map((mark) => {
      mark.echoedMs = nowMs;
      mark.wasCleared = wasCleared;
      return mark.name;
    });
  }
}

/**
 * Bytes by which a sum of fractional milliseconds may exceed the true length; without it a byte would be left
 * over.
 */
const ROUNDING = 1e-6;
