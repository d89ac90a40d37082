import assert from "node:assert/strict";
import { parseRecord } from "../../src/records/parse_record.ts";
import { recordWith } from "./records.ts";

Deno.test("parseRecord() gives the record that a file holds, with all that it has", () => {
  const record = recordWith({ earlier: [recordWith()] });
  assert.deepEqual(parseRecord(JSON.stringify(record)), record);
  const more = { ...record, ofAnotherVersion: 1 };
  assert.deepEqual(parseRecord(JSON.stringify(more)), more);
});

Deno.test("parseRecord() refuses what no store could take", () => {
  const wrong = [
    null,
    5,
    [],
    {},
    { ...recordWith(), callSid: 5 },
    { ...recordWith(), expiresAt: "soon" },
    { ...recordWith(), transcript: "none" },
    { ...recordWith(), earlier: [{}] },
  ];
  for (const value of wrong) assert.throws(() => parseRecord(JSON.stringify(value)), SyntaxError);
  assert.throws(() => parseRecord("{"), SyntaxError);
});
