/** A mark stands after this much audio, and no message carries more. */
export const MARK_INTERVAL_MS = 400;
/**
 * A mark's echo may be this late. After that the clock is not trusted any more, and nothing waits for the
 * echo.
 */
export const ECHO_GRACE_MS = 1_500;

/**
 * Names of the marks that a call sends. A name carries all that its echo has to say, so nothing is kept about
 * marks under way, however many there are.
 */
export type Mark =
  /** Twilio has played `position` bytes of `generation`. */
  | { kind: "position"; generation: number; position: number }
  /** Sent at `sentAtMs` (our clock) while nothing was buffered: comes back after one round trip. */
  | { kind: "probe"; sentAtMs: number };

/** The name of the mark behind `position` bytes of `generation`. */
export function positionMark(generation: number, position: number): string {
  return `g${generation}:${position}`;
}

/** The name of a mark sent at `sentAtMs` of our clock, to measure one round trip. */
export function probeMark(sentAtMs: number): string {
  return `p${Math.round(sentAtMs * 1000)}`;
}

/** The meaning of an echoed name, or undefined for a name that is not ours. */
export function readMark(name: string): Mark | undefined {
  const position = /^g(\d{1,9}):(\d{1,12})$/.exec(name);
  if (position) return { kind: "position", generation: Number(position[1]), position: Number(position[2]) };
  const probe = /^p(\d{1,15})$/.exec(name);
  if (probe) return { kind: "probe", sentAtMs: Number(probe[1]) / 1000 };
  return undefined;
}

/** Samples kept. Old ones fall out, so that a way that became longer is noticed. */
const WINDOW = 8;
/** There and back by a satellite, and some more. */
const LONGEST_WAY_MS = 700;

/**
 * The time from us to Twilio and back, from marks sent while nothing was buffered, which Twilio echoes at
 * once. The shortest of the last samples counts: whatever made another one longer was not the way itself.
 */
export class RoundTrip {
  readonly #samples: number[] = [];

  /** True once there is a sample. */
  get known(): boolean {
    return this.#samples.length > 0;
  }

  /** The round trip in milliseconds, 0 before the first sample. */
  get ms(): number {
    return this.#samples.length === 0 ? 0 : Math.min(...this.#samples);
  }

  /**
   * What of it is the network's own: no way is longer than {@link LONGEST_WAY_MS}. Echoes that are later than
   * that come late by themselves, while the audio is played on time. Source:
   * https://github.com/bolna-ai/bolna/pull/962, where they were 5 to 13 s late.
   */
  get wayMs(): number {
    return Math.min(this.ms, LONGEST_WAY_MS);
  }

  add(sampleMs: number): void {
    this.#samples.push(sampleMs);
    if (this.#samples.length > WINDOW) this.#samples.shift();
  }
}
