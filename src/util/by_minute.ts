/** Most values that are remembered; a server has businesses in a handful of time zones. */
const MAX_VALUES = 64;
const MINUTE_MS = 60_000;

/**
 * Remembers what was made of a name and a minute, for what is the same all that minute and costs much more to
 * make than to look up: the runtime takes 100 µs and more to make one formatter of dates.
 */
export class ByMinute<Value> {
  readonly #make: (name: string, epochMs: number) => Value;
  readonly #values = new Map<string, Value>();

  /** @param make must give the same for each moment of a minute */
  constructor(make: (name: string, epochMs: number) => Value) {
    this.#make = make;
  }

  /** @param epochMs milliseconds since 1970 */
  get(name: string, epochMs: number): Value {
    const key = `${Math.floor(epochMs / MINUTE_MS)} ${name}`;
    let value = this.#values.get(key);
    if (value === undefined) {
      value = this.#make(name, epochMs);
      if (this.#values.size >= MAX_VALUES) this.#values.clear();
      this.#values.set(key, value);
    }
    return value;
  }
}
