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

Deno.test("mergeRecords() keeps the talk that a server died in, whatever is noted of the call after that", () => {
  // Checkpoints of earlier versions do not count the stream that they are in.
  for (const streams of [0, 1]) {
    const checkpoint = recordWith({ isPartial: true, reason: "server_died", streams });
    const treatment = { at: LATER_START, why: "fallback", got: "words" } as const;
    const note = recordWith({ streams: 0, reason: "refused", transcript: [], durationMs: 0, treatment });
    for (const merged of [mergeRecords(checkpoint, note), mergeRecords(note, checkpoint)]) {
      assert.deepEqual(merged, { ...checkpoint, treatment });
    }
  }
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

Deno.test("mergeRecords() knows the most of a message, in whatever order it is told", () => {
  const message = {
    at: "2026-01-01T00:03:00.000Z",
    durationMs: 0,
    recordingUrl: "https://api.twilio.com/RE1",
    recording: "pending" as const,
    recordingProblem: null,
    transcript: null,
  };
  const note = (changes: Partial<CallRecord["message"]>) =>
    recordWith({ reason: "message_left", streams: 0, message: { ...message, ...changes } });
  const told = [
    note({ durationMs: 3_000 }),
    note({ recording: "kept", transcript: "Hello." }),
    note({ at: "2026-01-01T00:02:59.000Z", recording: "linked" }),
  ];
  const expected = {
    ...message,
    at: "2026-01-01T00:02:59.000Z",
    durationMs: 3_000,
    recording: "kept",
    transcript: "Hello.",
  };
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]) {
    const merged = order.map((place) => told[place]).reduce((a, b) => mergeRecords(a, b));
    assert.deepEqual(merged.message, expected, order.join());
    const ofCall = mergeRecords(recordWith(), merged);
    assert.deepEqual([ofCall.message, ofCall.streams], [expected, 1]);
  }
});

Deno.test("mergeRecords() gives a record of an earlier version the fields that it did not have", () => {
  const { treatment: _, message: __, ...earlier } = recordWith();
  assert.deepEqual(mergeRecords(earlier as CallRecord, recordWith({ startedAt: LATER_START })).earlier, [
    recordWith(),
  ]);
  const [at, recordingUrl] = ["2026-01-01T00:03:00.000Z", "https://api.twilio.com/RE1"];
  const old = recordWith({ message: { at, durationMs: 1, recordingUrl } as CallRecord["message"] });
  assert.deepEqual(mergeRecords(undefined, old).message, {
    ...{ at, durationMs: 1, recordingUrl },
    ...{ recording: "linked", recordingProblem: null, transcript: null },
  });
});
