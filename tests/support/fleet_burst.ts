import type { Line } from "../../src/lab/twilio/line.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";

/** All callers come within this. */
const BURST_MS = 2_000;
const TALK_MS = 8_000;

/** What became of callers who all came at once. */
export interface Burst {
  readonly callers: number;
  readonly connected: number;
  /** Webhooks without an answer. */
  readonly failed: number;
  /** How many had an agent at the same time. */
  readonly mostAtOnce: number;
  /** After how many milliseconds all slots were taken; undefined when they never were. */
  readonly fullAfterMs: number | undefined;
  /** The fewest that had an agent from then on, as long as callers came. */
  readonly leastFromThenOn: number | undefined;
  readonly webhookMs: { readonly median: number; readonly most: number };
}

/**
 * Callers who all come within two seconds, and talk for eight. Resolves when the last is gone.
 * @param most as many as may have an agent at once
 */
export async function burst(
  line: Line,
  to: string,
  { callers, most }: { callers: number; most: number },
): Promise<Burst> {
  let [live, mostAtOnce, least] = [0, 0, Infinity];
  let fullAfterMs: number | undefined;
  const startMs = performance.now();
  const passedMs = () => Math.round(performance.now() - startMs);
  const calls = Array.from({ length: callers }, async (_, index) => {
    await wait(index * BURST_MS / callers);
    const caller = new SimulatedCaller({
      line,
      to,
      maxHeardBytes: 0,
      onEvent: ({ event }) => {
        if (event !== "stream_started") return;
        mostAtOnce = Math.max(mostAtOnce, ++live);
        if (live < most || fullAfterMs !== undefined) return;
        fullAfterMs = passedMs();
        least = live;
      },
    });
    const over = caller.place();
    void caller.until(() => caller.isConnected, 5_000).then(async (isConnected) => {
      if (isConnected) await wait(TALK_MS);
      caller.hangUp();
    });
    const report = await over;
    if (report.outcome === "connected") live--;
    if (fullAfterMs !== undefined && passedMs() < BURST_MS) least = Math.min(least, live);
    return report;
  });
  const reports = await Promise.all(calls);
  const webhooksMs = reports.map(({ webhookMs }) => webhookMs ?? Infinity).sort((a, b) => a - b);
  return {
    callers,
    connected: reports.filter(({ outcome }) => outcome === "connected").length,
    failed: reports.filter(({ outcome }) => outcome === "failed").length,
    mostAtOnce,
    fullAfterMs,
    leastFromThenOn: Number.isFinite(least) ? least : undefined,
    webhookMs: {
      median: Math.round(webhooksMs[webhooksMs.length >> 1]),
      most: Math.round(webhooksMs.at(-1)!),
    },
  };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
