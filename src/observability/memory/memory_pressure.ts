/** What high memory calls for. Beyond that, admission refuses calls by its own memory gate. */
export type Pressure = "none" | "trim" | "close_idle";

/** From least to most. */
export const PRESSURES: readonly Pressure[] = ["none", "trim", "close_idle"];

/** Share of the limit from which ring buffers release what they do not use. */
const TRIM_SHARE = 0.7;
/** Share of the limit from which unused services are closed. */
const CLOSE_IDLE_SHARE = 0.8;
/** A step ends only this far below the share that began it, so that it does not flap. */
const HYSTERESIS_SHARE = 0.05;

const STEPS: readonly { pressure: Pressure; share: number }[] = [
  { pressure: "close_idle", share: CLOSE_IDLE_SHARE },
  { pressure: "trim", share: TRIM_SHARE },
];

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
    const current = STEPS.findIndex(({ pressure }) => pressure === this.#pressure);
    const step = STEPS.find((step, index) => {
      const isIn = current !== -1 && current <= index;
      return share >= step.share - (isIn ? HYSTERESIS_SHARE : 0);
    });
    return this.#pressure = step?.pressure ?? "none";
  }
}
