/** What high memory calls for, least first. The last is admission's part, which asks for its limit by itself. */
export type Pressure = "none" | "trim" | "close_idle";

/** Rising. */
export const PRESSURES: readonly Pressure[] = ["none", "trim", "close_idle"];

/** Share of the limit from which on rings give back what they do not use. */
const TRIM_SHARE = 0.7;
/** Share of the limit from which on services that nobody uses are closed. */
const CLOSE_IDLE_SHARE = 0.8;
/** What was begun is left off only this far below the share that began it, so that it does not begin and end all the time. */
const HYSTERESIS_SHARE = 0.05;

const STEPS: readonly { pressure: Pressure; share: number }[] = [
  { pressure: "close_idle", share: CLOSE_IDLE_SHARE },
  { pressure: "trim", share: TRIM_SHARE },
];

/** How near memory is to its limit, with hysteresis. */
export class MemoryPressure {
  #pressure: Pressure = "none";

  get now(): Pressure {
    return this.#pressure;
  }

  /** Takes a reading into account and returns what it calls for. Without a limit there is no pressure. */
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
