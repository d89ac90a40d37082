import { NOTE_REASONS, type NotedMessage, type NoteReason } from "../../../records/call_note.ts";
import type { RecordTreatment } from "../../../records/call_record.ts";
import { ExpiringMap } from "../../../util/expiring_map.ts";
import { ENDED_LIFETIME_MS, MAX_ENDED_CALLS } from "../../../call/ended_calls.ts";

/** What a note says of the call, beside who called whom. */
export interface NoteDetails {
  reason: NoteReason;
  treatment?: Omit<RecordTreatment, "at">;
  message?: Omit<NotedMessage, "at">;
}

/**
 * What has been noted of the calls of late, so that a webhook which Twilio repeats, or which says less than
 * was known, tells the business nothing twice. One that is forgotten is noted again, which changes no record.
 */
export class NotedCalls {
  readonly #calls: ExpiringMap<string>;
  /** Who called, which not every webhook says. */
  readonly #callers: ExpiringMap<string>;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number) {
    const bounds = { maxEntries: MAX_ENDED_CALLS, lifetimeMs: ENDED_LIFETIME_MS, nowMs };
    this.#calls = new ExpiringMap(bounds);
    this.#callers = new ExpiringMap(bounds);
  }

  /** The calling number, as this webhook of the call or an earlier one says; empty where none did. */
  callerOf(callSid: string, from: string): string {
    if (from !== "") this.#callers.set(callSid, from);
    return from || (this.#callers.get(callSid) ?? "");
  }

  /** Whether that is new. */
  add(callSid: string, details: NoteDetails): boolean {
    const known = this.#calls.get(callSid);
    const text = JSON.stringify(details);
    if (known !== undefined) {
      const before: NoteDetails = JSON.parse(known);
      if (known === text || rank(before) > rank(details)) return false;
    }
    this.#calls.set(callSid, text);
    return true;
  }
}

function rank({ reason }: NoteDetails): number {
  return NOTE_REASONS.indexOf(reason);
}
