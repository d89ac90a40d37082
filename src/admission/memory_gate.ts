/** What a call is taken to cost until enough calls have been seen, in bytes: what 50 calls cost each, and half as much again. */
export const ASSUMED_CALL_BYTES = 320 * 1024;
/** No call is taken to cost less, whatever was measured. */
export const LEAST_CALL_BYTES = 64 * 1024;
/** From so many live calls on, what they cost is measured: with fewer, the process's own first steps would be taken for theirs. */
export const MEASURED_FROM_CALLS = 20;
/**
 * A process keeps the memory of calls that have ended, so the cost is measured only while about as many are live as ever
 * were.
 */
const NEAR_PEAK = 0.9;
/** Part of the limit that stays free, for what no call is the cause of. */
const HEAD_ROOM_SHARE = 0.1;
const LEAST_HEAD_ROOM_BYTES = 16 * 1024 * 1024;

/** Memory as it is now, in bytes. */
export interface MemoryReading {
  /** Resident set of this process. */
  rss: number;
  /** What the machine has left for everybody; undefined where the system does not tell. */
  available: number | undefined;
}

/**
 * Whether there is memory for more calls: what the process holds, and what the calls that are reserved will cost, must stay
 * below the limit with some head room.
 */
export class MemoryGate {
  /** Bytes that the process may use; undefined: there is no limit but the machine's. */
  readonly limit: number | undefined;
  readonly #read: () => MemoryReading;
  #baseline: number;
  #peakCalls = 0;
  #callBytes = ASSUMED_CALL_BYTES;

  /** @param read asked once for every call that comes in; takes some microseconds */
  constructor(limit: number | undefined, read: () => MemoryReading) {
    this.limit = limit;
    this.#read = read;
    this.#baseline = read().rss;
  }

  /** What a call costs: measured, or assumed until it can be. */
  get callBytes(): number {
    return this.#callBytes;
  }

  /**
   * Whether `more` calls fit beside those that are live.
   * @param liveCalls calls that are part of what the process holds
   */
  hasRoomFor(more: number, liveCalls: number): boolean {
    const { rss, available = Infinity } = this.#read();
    this.#measure(rss, liveCalls);
    const wanted = more * this.#callBytes;
    if (wanted + LEAST_HEAD_ROOM_BYTES > available) return false;
    if (this.limit === undefined) return true;
    return rss + wanted + Math.max(HEAD_ROOM_SHARE * this.limit, LEAST_HEAD_ROOM_BYTES) <= this.limit;
  }

  #measure(rss: number, liveCalls: number): void {
    if (this.#peakCalls === 0 && liveCalls === 0) this.#baseline = rss;
    this.#peakCalls = Math.max(this.#peakCalls, liveCalls);
    if (liveCalls < MEASURED_FROM_CALLS || liveCalls < NEAR_PEAK * this.#peakCalls) return;
    this.#callBytes = Math.max(LEAST_CALL_BYTES, (rss - this.#baseline) / liveCalls);
  }
}
