import assert from "node:assert/strict";
import fc from "fast-check";
import type { CallRecord } from "../../src/records/call_record.ts";
import { MAX_EARLIER, mergeRecords } from "../../src/records/record_store.ts";
import { recordWith } from "./records.ts";

const LATER_START = "2026-01-01T00:02:00.000Z";

Deno.test("mergeRecords() lets a server's later word take the place of its earlier one, in whatever order they come", () => {
  const first = recordWith({ reason: "suspended" });
  const second = recordWith({ durationMs: 90_000, streams: 2 });
  assert.deepEqual(mergeRecords(undefined, first), first);
  assert.deepEqual(mergeRecords(first, second), second);
  assert.deepEqual(mergeRecords(second, first), second);
});

Deno.test("mergeRecords() prefers the end of a call to a checkpoint of the same moment", () => {
  const checkpoint = recordWith({ isPartial: true, reason: "server_died" });
  const end = recordWith();
  assert.deepEqual(mergeRecords(end, checkpoint), end);
  assert.deepEqual(mergeRecords(checkpoint, end), end);
});

Deno.test("mergeRecords() keeps what another server knows of the call", () => {
  const here = recordWith();
  const there = recordWith({ startedAt: LATER_START, durationMs: 1_000 });
  assert.deepEqual(mergeRecords(here, there), { ...there, earlier: [here] });
  assert.deepEqual(mergeRecords(there, here), { ...there, earlier: [here] });
  assert.deepEqual(mergeRecords(mergeRecords(here, there), here), { ...there, earlier: [here] });
});

Deno.test("mergeRecords() keeps a bounded number of parts", () => {
  let merged: CallRecord | undefined;
  for (let minute = 0; minute < 30; minute++) {
    const startedAt = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
    merged = mergeRecords(merged, recordWith({ startedAt }));
  }
  assert.equal(merged?.earlier.length, MAX_EARLIER);
  assert.equal(merged?.startedAt, "2026-01-01T00:29:00.000Z");
});

Deno.test("mergeRecords() ends in the same record however often and in whatever order words come", () => {
  const word = fc.record({
    startedAt: fc.constantFrom("2026-01-01T00:00:00.000Z", LATER_START),
    durationMs: fc.constantFrom(1_000, 2_000, 3_000),
  }).map(recordWith);
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (words, picks) => {
        const end = (order: CallRecord[]) => order.reduce<CallRecord | undefined>(mergeRecords, undefined);
        const replayed = [...words, ...words].sort(() => picks.next().value % 3 - 1);
        assert.deepEqual(end(replayed), end(words));
      },
    ),
  );
});
