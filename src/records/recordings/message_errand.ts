import type { CallRecord } from "../call_record.ts";
import { parseRecord } from "../parse_record.ts";
import { isObject } from "../../util/is_object.ts";
import type { RecordingPlace } from "./recording_source.ts";

/** What is still to be done about a message: a text in an outbox. */
export interface MessageErrand {
  /**
   * The record as it was when the message came, redacted; of a recording that is only to be deleted, null.
   */
  readonly record: CallRecord | null;
  /** Where Twilio has the recording. */
  readonly place: RecordingPlace;
  /** The caller's own number where the business is sent messages whole; else null. */
  readonly caller: string | null;
}

/** The errand that a file holds. @throws {SyntaxError} when it holds none */
export function parseErrand(text: string): MessageErrand {
  const value: unknown = JSON.parse(text);
  if (!isObject(value) || !isObject(value.place)) throw new SyntaxError("It is no errand.");
  const { accountSid, sid } = value.place;
  if (typeof accountSid !== "string" || typeof sid !== "string") {
    throw new SyntaxError("It names no recording.");
  }
  const record = value.record === null ? null : parseRecord(JSON.stringify(value.record));
  const caller = typeof value.caller === "string" ? value.caller : null;
  return { record, place: { accountSid, sid }, caller };
}
