import type { CallRecord } from "./call_record.ts";
import type { OutboxLengths } from "./outbox/outbox.ts";

/** How many records have not arrived, by what they wait for. */
export type RecordsWaiting = OutboxLengths & {
  /** In memory, since the disk takes none. */
  readonly disk: number;
  /** Stored, but their messages are still to be fetched. */
  readonly recording: number;
};

/** The record of a call that is over. */
export interface FoundRecord {
  readonly record: CallRecord;
  /** Where it has still to go; empty when it has arrived everywhere. */
  readonly waitsFor: readonly (keyof RecordsWaiting)[];
}
