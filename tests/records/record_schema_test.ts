import assert from "node:assert/strict";
import * as v from "valibot";
import { RECORD, RECORD_SCHEMA_PATH, recordSchemaText } from "../../build/record_schema.ts";
import { noteRecord } from "../../src/records/call_note.ts";
import { recordWith } from "./records.ts";

Deno.test("docs/record.schema.json is what deno task schema writes", async () => {
  assert.equal(await Deno.readTextFile(RECORD_SCHEMA_PATH), recordSchemaText(), "run deno task schema");
});

Deno.test("The schema of records takes records of calls with a stream and without one, and wants every field", () => {
  const note = noteRecord({
    callSid: "CA1",
    business: "acme",
    isOutbound: false,
    from: "+15550100001",
    to: "+15550100000",
    atMs: 0,
    reason: "refused",
    treatment: { at: "2026-01-01T00:00:00.000Z", why: "full", got: "words" },
    message: {
      at: "2026-01-01T00:00:00.000Z",
      durationMs: 1_000,
      recordingUrl: "https://api.twilio.com/RE1",
    },
  });
  const whole = recordWith({ earlier: [recordWith()] });
  for (const record of [note, whole]) assert.deepEqual(v.parse(RECORD, record), record);
  for (const field of Object.keys(whole)) {
    assert.ok(!v.is(RECORD, { ...whole, [field]: undefined }), field);
  }
});
