import type { CallRecord } from "./call_record.ts";

/**
 * A message that a caller left, word for word: for the webhook of a business that wants it, and nobody else.
 */
export interface WholeMessage {
  /** When it was taken, in milliseconds since `startedAt` of the record. */
  readonly atMs: number;
  /** Who leaves it, as the caller said; null of a message that was recorded. */
  readonly name: string | null;
  /** Where to call back; null where the caller's number is withheld and none was given. */
  readonly number: string | null;
  readonly text: string;
}

/** A record on its way, with what no store and no page may have. */
export interface OutgoingRecord extends CallRecord {
  readonly messages?: readonly WholeMessage[];
}

/** The record for everyone, and what only the webhook is told. */
export function splitMessages(
  { messages, ...record }: OutgoingRecord,
): { record: CallRecord; messages: readonly WholeMessage[] | undefined } {
  return { record, messages };
}
