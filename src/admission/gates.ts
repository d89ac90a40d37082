/**
 * Assumed memory of a call until enough calls were measured, in bytes: 1.5 times what each of 50 calls took.
 */
export const ASSUMED_CALL_BYTES = 320 * 1024;
/** Lower bound of the estimate, whatever was measured. */
export const LEAST_CALL_BYTES = 64 * 1024;
/**
 * What a call takes is measured from this many live calls on: with fewer, what the process takes by itself
 * would count as theirs.
 */
export const MEASURED_FROM_CALLS = 20;
/**
 * A process keeps the memory of calls that have ended, so it measures only while nearly as many calls are
 * live as ever were.
 */
const NEAR_PEAK = 0.9;
/** Share of the limit that stays free for what calls do not cause. */
const HEAD_ROOM_SHARE = 0.1;
const LEAST_HEAD_ROOM_BYTES = 16 * 1024 * 1024;

/** Memory as it is now, in bytes. */
export interface MemoryReading {
  /** Resident set of this process. */
  rss: number;
  /** Memory still available on the machine; undefined where the system does not tell. */
  available: number | undefined;
}

/**
 * Whether there is memory for more calls: what the process holds plus the estimated memory of reserved calls
 * must stay below the limit, with some head room.
 */
export class MemoryGate {
  /** Bytes that the process may use; undefined: only the machine's memory is a limit. */
  readonly limit: number | undefined;
  readonly #read: () => MemoryReading;
  #baseline: number;
  #peakCalls = 0;
  #callBytes = ASSUMED_CALL_BYTES;

  /** @param read called once for every incoming call; takes some microseconds */
  constructor(limit: number | undefined, read: () => MemoryReading) {
    this.limit = limit;
    this.#read = read;
    this.#baseline = read().rss;
  }

  /** Estimated memory of one call, in bytes: measured, or assumed until it can be. */
  get callBytes(): number {
    return this.#callBytes;
  }

  /**
   * Whether `more` calls fit besides the live ones.
   *
   * @param liveCalls calls whose memory the process already holds
   */
  hasRoomFor(more: number, liveCalls: number): boolean {
    return more <= this.roomFor(liveCalls);
  }

  /** For how many calls there is memory besides the live ones. */
  roomFor(liveCalls: number): number {
    const { rss, available = Infinity } = this.#read();
    this.#measure(rss, liveCalls);
    const onMachine = available - LEAST_HEAD_ROOM_BYTES;
    const { limit } = this;
    const here = limit === undefined
      ? Infinity
      : limit - rss - Math.max(HEAD_ROOM_SHARE * limit, LEAST_HEAD_ROOM_BYTES);
    return Math.max(0, Math.floor(Math.min(onMachine, here) / this.#callBytes));
  }

  #measure(rss: number, liveCalls: number): void {
    if (this.#peakCalls === 0 && liveCalls === 0) this.#baseline = rss;
    this.#peakCalls = Math.max(this.#peakCalls, liveCalls);
    if (liveCalls < MEASURED_FROM_CALLS || liveCalls < NEAR_PEAK * this.#peakCalls) return;
    this.#callBytes = Math.max(LEAST_CALL_BYTES, (rss - this.#baseline) / liveCalls);
  }
}

/**
 * Mean lateness at which calls are refused: callers notice, since answers come that much later. What they
 * hear does not suffer, because Twilio holds seconds of it in advance.
 */
export const LATE_MS = 80;
/** Mean lateness at which calls are taken again. */
export const IN_TIME_MS = 40;
/** Mean lateness from which readiness reports `late`, before callers are refused. */
export const NEARLY_LATE_MS = 60;
/** Weight of a new measurement in the mean. At ten a second, the mean covers about a second. */
const LAG_WEIGHT = 0.1;
/** A timer that tells how late it is runs so often, and its lateness later. */
const LAG_EVERY_MS = 100;
/** It must have been late over this time, in the mean: calls that come up together are done by then. */
const LATE_OVER_MS = 6_000;
/** Cap of a single measurement: one pause, however long, is not overload. */
const MAX_LAG_MS = 400;

/**
 * Whether the event loop keeps up. It does not when it was late in the mean of the last seconds, and of the
 * last one no less: after a burst of calls it was late, but gets better. With hysteresis, so that it does not
 * flap.
 */
export class LagGate {
  #meanMs = 0;
  #longMeanMs = 0;
  #isLate = false;

  /** Adds how late a timer ran, in milliseconds. Call it ten times a second. */
  add(lateMs: number): void {
    const countedMs = Math.min(lateMs, MAX_LAG_MS);
    this.#meanMs += LAG_WEIGHT * (countedMs - this.#meanMs);
    this.#longMeanMs += (LAG_EVERY_MS + countedMs) / LATE_OVER_MS * (countedMs - this.#longMeanMs);
    if (this.#longMeanMs >= LATE_MS && this.#meanMs >= LATE_MS) this.#isLate = true;
    else if (this.#meanMs <= IN_TIME_MS) this.#isLate = false;
  }

  /** True once both means reach {@link LATE_MS}, until that of about a second falls to {@link IN_TIME_MS}. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** True when the loop is late, or close to it. */
  get isNearlyLate(): boolean {
    return this.#isLate || this.#meanMs >= NEARLY_LATE_MS;
  }
}

/** Descriptors that a call takes: its media stream and its session with the model. */
export const DESCRIPTORS_PER_CALL = 2;
/** Descriptors that must be free beside those of new calls: for webhooks, tools and records. */
export const DESCRIPTORS_BESIDE_CALLS = 4;
/**
 * Sockets whose peers do not let them close, above which no call is taken: the runtime has no way to close
 * them by force, and each may hold a megabyte that its peer does not read.
 */
export const MAX_LINGERING_SOCKETS = 32;

/** What tells how many descriptors are left. */
export interface DescriptorSources {
  /** Whether so many can be opened, beside a reserve for the calls that are live. */
  hasRoomFor(count: number): boolean;
  /** Sockets that were closed some seconds ago and whose peers keep them open. */
  lingering(): number;
}

/** Whether there are descriptors for more calls. */
export class DescriptorGate {
  readonly #sources: DescriptorSources;

  constructor(sources: DescriptorSources) {
    this.#sources = sources;
  }

  /** Whether `more` calls, which have none of their descriptors yet, fit besides the live ones. */
  hasRoomFor(more: number): boolean {
    return this.#sources.lingering() < MAX_LINGERING_SOCKETS &&
      this.#sources.hasRoomFor(more * DESCRIPTORS_PER_CALL + DESCRIPTORS_BESIDE_CALLS);
  }
}

/** What limits calls besides their number. */
export interface Gates {
  memory?: MemoryGate;
  descriptors?: DescriptorGate;
  lag?: LagGate;
}

/** Of a core that a process may use before its event loop is late. */
const MOST_CORE_SHARE = 0.8;
/** Share of a core that a call is taken to need until enough calls were measured. */
const ASSUMED_CALL_SHARE = 0.003;

/** What limits the calls that a process can take beside those it has. */
export interface CallRoom {
  /** Slots that are free. */
  readonly slots: number;
  /** Calls for which there is memory. */
  readonly memory: number;
  /** Calls that are live. */
  readonly live: number;
  /** The share of one core that is used now. */
  readonly coreShare: number;
}

/** How many more calls a process can take: the least of slots, memory and CPU. */
export function freeCalls({ slots, memory, live, coreShare }: CallRoom): number {
  const perCall = live < MEASURED_FROM_CALLS ? ASSUMED_CALL_SHARE : Math.max(0.0005, coreShare / live);
  const core = (MOST_CORE_SHARE - coreShare) / perCall;
  return Math.max(0, Math.floor(Math.min(slots, memory, core)));
}
