import * as v from "valibot";
import type { CallRecord } from "./call_record.ts";

const time = v.pipe(v.string(), v.check((text) => !Number.isNaN(Date.parse(text))));

/**
 * What stores and webhooks cannot do without. A file may be of an earlier version, which had less: what else
 * there is, is taken as it is.
 */
const RECORD: v.GenericSchema<unknown, unknown> = v.object({
  callSid: v.string(),
  business: v.string(),
  direction: v.picklist(["inbound", "outbound"]),
  from: v.string(),
  to: v.string(),
  startedAt: time,
  endedAt: time,
  durationMs: v.number(),
  streams: v.number(),
  reason: v.string(),
  isPartial: v.boolean(),
  transcript: v.array(v.object({ kind: v.string() })),
  usage: v.object({ tokens: v.object({}), transcription: v.object({}) }),
  costUsd: v.nullable(v.number()),
  audio: v.object({}),
  expiresAt: v.nullable(time),
  earlier: v.optional(v.array(v.lazy(() => RECORD))),
});

/**
 * The record that a file holds.
 *
 * @throws {SyntaxError} when it holds none
 */
export function parseRecord(text: string): CallRecord {
  const value: unknown = JSON.parse(text);
  if (!v.is(RECORD, value)) throw new SyntaxError("It is no record of a call.");
  return value as CallRecord;
}
