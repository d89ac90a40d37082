import { NOTE_REASONS, type NoteReason } from "../../../records/call_note.ts";
import type { RecordMessage, RecordTreatment } from "../../../records/call_record.ts";
import { ExpiringMap } from "../../../util/expiring_map.ts";
import { ENDED_LIFETIME_MS, MAX_ENDED_CALLS } from "../../../call/ended_calls.ts";

/** What a note says of the call, beside who called whom. */
export interface NoteDetails {
  reason: NoteReason;
  treatment?: Omit<RecordTreatment, "at">;
  message?: Omit<RecordMessage, "at">;
}

/**
 * What has been noted of the calls of late, so that a webhook which Twilio repeats, or which says less than
 * was known, tells the business nothing twice. One that is forgotten is noted again, which changes no record.
 */
export class NotedCalls {
  readonly #calls: ExpiringMap<string>;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number) {
    this.#calls = new ExpiringMap({
      maxEntries: MAX_ENDED_CALLS,
      lifetimeMs: ENDED_LIFETIME_MS,
      nowMs,
    });
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
