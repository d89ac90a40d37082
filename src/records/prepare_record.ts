import type { RecordSettings } from "../businesses/business.ts";
import { redactRecord } from "./redact_record.ts";
import type { OutgoingRecord } from "./whole_messages.ts";

const DAY_MS = 86_400_000;

/** Whether a record is kept or sent at all. */
export function isNeeded({ retentionDays, webhook }: RecordSettings): boolean {
  return retentionDays > 0 || webhook !== undefined;
}

/** The record as the business wishes it: redacted, with its time of deletion. */
export async function prepareRecord(
  record: OutgoingRecord,
  { redact, retentionDays, webhook }: RecordSettings,
): Promise<OutgoingRecord> {
  const expiresAt = retentionDays === 0
    ? null
    : new Date(Date.parse(record.endedAt) + retentionDays * DAY_MS).toISOString();
  const redacted = { ...await redactRecord(record, redact), expiresAt };
  const { messages = [] } = record;
  return webhook?.messages === "whole" && messages.length > 0 ? { ...redacted, messages } : redacted;
}
