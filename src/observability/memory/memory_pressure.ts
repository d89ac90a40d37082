/** What high memory calls for. Beyond that, admission refuses calls by its own memory gate. */
export type Pressure = "none" | "trim" | "close_idle";

/** From least to most. */
export const PRESSURES: readonly Pressure[] = ["none", "trim", "close_idle"];

/**
 * Share of the limit from which each applies: ring buffers release what they do not use, unused services are
 * closed.
 */
const SHARES = [0, 0.7, 0.8];
/** A step ends only this far below the share that began it, so that it does not flap. */
const HYSTERESIS_SHARE = 0.05;

/** How close memory is to its limit, with hysteresis. */
export class MemoryPressure {
  #pressure: Pressure = "none";

  get now(): Pressure {
    return this.#pressure;
  }

  /** Adds a reading and returns what it calls for. Without a limit there is no pressure. */
  update(bytes: number, limit: number | undefined): Pressure {
    if (limit === undefined) return this.#pressure = "none";
    const share = bytes / limit;
    const current = PRESSURES.indexOf(this.#pressure);
    const step = SHARES.findLastIndex((from, step) =>
      share >= from - (step <= current ? HYSTERESIS_SHARE : 0)
    );
    return this.#pressure = PRESSURES[step];
  }
}
