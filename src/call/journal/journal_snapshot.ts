import type { CallAudio } from "./call_audio.ts";
import type { CallExpense } from "./journal.ts";
import type { TurnLatency } from "./latency.ts";
import type { TranscriptEntry } from "./transcript_entry.ts";
import type { CallUsage } from "./usage.ts";

/** A journal as JSON, for the process that goes on with it. Its items' ids stay behind: a new session has other ones. */
export interface JournalSnapshot {
  /** Unix time in milliseconds: two processes have no other clock in common. */
  readonly startedEpochMs: number;
  readonly streams: number;
  readonly audio: CallAudio;
  readonly booked: CallExpense;
  readonly isWarned: boolean;
  readonly transcript: readonly TranscriptEntry[];
  readonly usage: CallUsage;
  readonly latency: { readonly count: number; readonly turns: readonly TurnLatency[] };
}
