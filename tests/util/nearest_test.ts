import assert from "node:assert/strict";
import { nearest } from "../../src/util/nearest.ts";

Deno.test("nearest() finds the word that was meant, and none where none is near", () => {
  const known = ["serve", "ingest", "records", "doctor", "try", "maxCallMinutes"];
  const meant = ["sevre", "INGEST", "record", "doctro", "maxCallMinute", "ty", "colour", "", "x"];
  assert.deepEqual(meant.map((word) => nearest(word, known)), [
    "serve",
    "ingest",
    "records",
    "doctor",
    "maxCallMinutes",
    "try",
    undefined,
    undefined,
    undefined,
  ]);
});
