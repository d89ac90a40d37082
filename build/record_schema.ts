// `deno task schema` writes docs/record.schema.json too, by which receivers of records can check them. The compiler holds what
// stands here to `CallRecord`; a test fails when the committed file is not what this writes.

import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import type { CallRecord } from "../src/records/call_record.ts";

export const RECORD_SCHEMA_PATH = "docs/record.schema.json";

const time = v.pipe(v.string(), v.isoTimestamp());
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const figures = v.object({ p50Ms: v.number(), maxMs: v.number() });

/** All fields of a record but `earlier`, which are records without any. */
const FIELDS = {
  version: v.literal(1),
  callSid: v.string(),
  business: v.string(),
  direction: v.picklist(["inbound", "outbound"]),
  from: v.string(),
  to: v.string(),
  startedAt: time,
  endedAt: time,
  durationMs: whole,
  streams: whole,
  reason: v.string(),
  isPartial: v.boolean(),
  transcript: v.array(v.object({
    kind: v.picklist(["user", "assistant", "tool", "keys", "interruption", "note"]),
    atMs: v.number(),
    text: v.optional(v.string()),
    cut: v.optional(v.boolean()),
    heardMs: v.optional(v.number()),
    waitMs: v.optional(v.number()),
    name: v.optional(v.string()),
    arguments: v.optional(v.string()),
    output: v.optional(v.string()),
    outcome: v.optional(v.string()),
    durationMs: v.optional(v.number()),
    digits: v.optional(v.string()),
  })),
  usage: v.object({
    responses: whole,
    tokens: v.record(v.string(), v.number()),
    transcription: v.record(v.string(), v.number()),
  }),
  costUsd: v.nullable(v.number()),
  latency: v.nullable(v.object({ turns: whole, received: figures, sent: figures, played: figures })),
  audio: v.object({
    uplinkMs: whole,
    uplinkDroppedMs: whole,
    uplinkMissingMs: whole,
    downlinkMs: whole,
    downlinkDroppedMs: whole,
  }),
  peakMemoryBytes: whole,
  error: v.nullable(v.string()),
  treatment: v.nullable(v.object({
    at: time,
    why: v.string(),
    got: v.picklist(["line", "words", "forward", "voicemail", "nothing"]),
  })),
  message: v.nullable(v.object({
    at: time,
    durationMs: whole,
    recordingUrl: v.string(),
    recording: v.picklist(["pending", "kept", "linked", "lost"]),
    recordingProblem: v.nullable(v.string()),
    transcript: v.nullable(v.string()),
  })),
  expiresAt: v.nullable(time),
} satisfies Record<Exclude<keyof CallRecord, "earlier">, unknown>;

const PART = { ...FIELDS, earlier: v.pipe(v.array(v.any()), v.maxLength(0)) };

/** A record, as a store gives it back and a webhook is sent it. */
export const RECORD: v.GenericSchema<unknown, CallRecord> = v.object({
  ...FIELDS,
  earlier: v.array(v.object(PART)),
});

/** The schema's file as it should be. */
export function recordSchemaText(): string {
  const schema = toJsonSchema(RECORD, { errorMode: "ignore" });
  const draft = "http://json-schema.org/draft-07/schema#";
  return JSON.stringify({ $schema: draft, title: "A record of Slimline", ...schema }, null, 2) + "\n";
}

if (import.meta.main) {
  await Deno.writeTextFile(RECORD_SCHEMA_PATH, recordSchemaText());
  console.log(`${RECORD_SCHEMA_PATH} is written.`);
}
