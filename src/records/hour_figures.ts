/** What the calls of a business took that began within one hour. */
export interface HourFigures {
  /** Its id. */
  readonly business: string;
  /** Beginning of the hour: ISO 8601, in UTC. */
  readonly hour: string;
  /** Calls that began then. */
  readonly calls: number;
  /** What they cost, as far as prices are known, in USD. */
  readonly costUsd: number;
  /**
   * Median over the calls of each one's median wait until the caller heard an answer; null where none was
   * answered.
   */
  readonly latencyMs: number | null;
}

/** What is read of one call. */
interface HourCall {
  readonly business: string;
  readonly startedAt: string;
  readonly costUsd: number | null;
  readonly latencyMs: number | null;
}

/** Groups of hours and businesses, at most: a day of a thousand businesses. What is beyond does not count. */
const MAX_GROUPS = 24_000;

/** Adds up calls by the hour and the business. */
export class HourSums {
  readonly #groups = new Map<string, { calls: number; costUsd: number; latencies: number[] }>();

  add({ business, startedAt, costUsd, latencyMs }: HourCall): void {
    const key = `${startedAt.slice(0, 13)}\n${business}`;
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= MAX_GROUPS) return;
      this.#groups.set(key, group = { calls: 0, costUsd: 0, latencies: [] });
    }
    group.calls++;
    group.costUsd += costUsd ?? 0;
    if (latencyMs !== null) group.latencies.push(latencyMs);
  }

  /** In the order of the hours, then of the businesses. */
  figures(): HourFigures[] {
    return [...this.#groups].sort(([a], [b]) => a < b ? -1 : 1).map(
      ([key, { calls, costUsd, latencies }]) => {
        const [hour, business] = key.split("\n");
        latencies.sort((a, b) => a - b);
        const latencyMs = latencies[(latencies.length - 1) >> 1] ?? null;
        return { business, hour: `${hour}:00:00.000Z`, calls, costUsd, latencyMs };
      },
    );
  }
}
