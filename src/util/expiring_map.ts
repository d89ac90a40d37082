import { setLatest } from "./set_latest.ts";

/** Bounds of an {@link ExpiringMap}. */
export interface ExpiringMapOptions {
  /** When there would be more, the oldest entry is dropped. */
  maxEntries: number;
  /** How long an entry lasts from when it was set. */
  lifetimeMs: number;
  /** Monotonic time in milliseconds. */
  nowMs: () => number;
}

/**
 * A map that forgets each entry after its lifetime, and the oldest when it is full. Expired entries leave at
 * the next use of the map; until then the cap bounds what they hold.
 */
export class ExpiringMap<Value> {
  readonly #options: ExpiringMapOptions;
  /** In the order in which they were set, which is the order in which they expire. */
  readonly #entries = new Map<string, { value: Value; expiresMs: number }>();

  constructor(options: ExpiringMapOptions) {
    this.#options = options;
  }

  /** Entries that have not expired. */
  get size(): number {
    this.#expire();
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    this.#expire();
    return this.#entries.get(key)?.value;
  }

  has(key: string): boolean {
    this.#expire();
    return this.#entries.has(key);
  }

  /** Sets an entry and restarts its lifetime. */
  set(key: string, value: Value): void {
    this.#expire();
    const { maxEntries, lifetimeMs, nowMs } = this.#options;
    setLatest(this.#entries, key, { value, expiresMs: nowMs() + lifetimeMs }, maxEntries);
  }

  /** Those that have not expired, the oldest first. */
  get entries(): [key: string, value: Value][] {
    this.#expire();
    return [...this.#entries].map(([key, { value }]) => [key, value]);
  }

  clear(): void {
    this.#entries.clear();
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  #expire(): void {
    const now = this.#options.nowMs();
    for (const [key, { expiresMs }] of this.#entries) {
      if (expiresMs > now) return;
      this.#entries.delete(key);
    }
  }
}
