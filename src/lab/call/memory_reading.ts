import { reasonOf } from "../../util/errors.ts";

/**
 * What `GET /memory` said at one time, as far as it is shown here; or why it said nothing. Figures in bytes.
 */
export type ServerMemoryReading =
  | { rss: number; rssAnon?: number | null; activeCalls?: number; perCall?: unknown }
  | { unreachable: string };

const TIMEOUT_MS = 5000;

/** Asks the server what memory it uses. Does not reject. */
export async function readServerMemory(
  server: string,
  adminToken: string | undefined,
): Promise<ServerMemoryReading> {
  const headers: Record<string, string> = adminToken ? { authorization: `Bearer ${adminToken}` } : {};
  try {
    const response = await fetch(`${server}/memory`, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) {
      await response.body?.cancel();
      return { unreachable: `HTTP ${response.status}` };
    }
    const body = await response.json();
    if (typeof body?.rss !== "number") return { unreachable: "the answer has no rss" };
    const { rss, rssAnon, activeCalls, perCall } = body;
    return { rss, rssAnon, activeCalls, perCall };
  } catch (error) {
    return { unreachable: reasonOf(error) };
  }
}

/** One line for people. */
export function memoryText(sample: ServerMemoryReading): string {
  if ("unreachable" in sample) return `not reachable (${sample.unreachable})`;
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const parts = [`${megabytes(sample.rss)} resident`];
  // Null where the server does not read it: `src/observability/process_memory.ts` says why.
  if (typeof sample.rssAnon === "number") parts.push(`${megabytes(sample.rssAnon)} of it anonymous`);
  const { activeCalls } = sample;
  if (activeCalls !== undefined) parts.push(activeCalls === 1 ? "1 call" : `${activeCalls} calls`);
  return parts.join(", ");
}
