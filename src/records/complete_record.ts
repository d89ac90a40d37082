import type { CallRecord } from "./call_record.ts";

/** What a message has that an earlier version told of. */
const LATER_MESSAGE_FIELDS = {
  recording: "linked",
  recordingProblem: null,
  transcript: null,
} satisfies Partial<CallRecord["message"]>;

/** A record, perhaps of an earlier version, with every field that is documented. */
export function completeRecord(record: CallRecord): CallRecord {
  const { treatment, message, earlier } = record;
  return {
    ...record,
    version: 1,
    treatment: treatment ?? null,
    message: message ? { ...LATER_MESSAGE_FIELDS, ...message } : null,
    earlier: (earlier ?? []).map(completeRecord),
  };
}
