import type { CallRecord } from "./call_record.ts";

/** Other servers' parts of a call that are kept in its record; the oldest goes first. */
export const MAX_EARLIER = 10;

/**
 * The record of a call after `incoming` has come in. A server knows the whole call since it first had it, so its later word
 * takes the place of its earlier one, and a word that comes twice changes nothing. What another server knows is another
 * part: it began at another time. The last one is the record, those before it are its `earlier`.
 */
export function mergeRecords(stored: CallRecord | undefined, incoming: CallRecord): CallRecord {
  const parts = [...partsOf(stored), ...partsOf(incoming)];
  const byStart = new Map<string, CallRecord>();
  for (const part of parts) byStart.set(part.startedAt, later(byStart.get(part.startedAt), part));
  const inOrder = [...byStart.values()].sort((a, b) => a.startedAt < b.startedAt ? -1 : 1);
  return { ...inOrder[inOrder.length - 1], earlier: inOrder.slice(0, -1).slice(-MAX_EARLIER) };
}

function partsOf(record: CallRecord | undefined): CallRecord[] {
  return record ? [...record.earlier, { ...record, earlier: [] }] : [];
}

/** A call only grows. A checkpoint that is as long as the end is of the same moment, and knows less. */
function later(a: CallRecord | undefined, b: CallRecord): CallRecord {
  if (!a || b.durationMs > a.durationMs) return b;
  return b.durationMs === a.durationMs && a.isPartial ? b : a;
}
