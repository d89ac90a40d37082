import assert from "node:assert/strict";
import type { CallRecord } from "../../src/records/call_record.ts";
import type { RecordQuery, RecordStore } from "../../src/records/record_store.ts";
import { recordWith } from "./records.ts";

/** The stores' time, in Unix milliseconds. */
export const NOW = Date.UTC(2026, 0, 2);
const DAY_MS = 86_400_000;

interface StoreTestOptions {
  /** FerretDB finds and changes a document in two steps, MongoDB in one: only there the test holds. */
  needsAtomicUpdates?: boolean;
}

/** Adds a test whose `run` gets two stores that share their data, as two servers do, at the time {@link NOW}. */
type StoreTest = (
  name: string,
  run: (a: RecordStore, b: RecordStore) => Promise<void>,
  options?: StoreTestOptions,
) => void;

/** What every record store must do. */
export function recordStoreContract(storeTest: StoreTest): void {
  storeTest("gives back what was put in, whatever it holds", async (a, b) => {
    const text = 'NUL \0, "quotes", $set, a.b, ümlaut 漢字 🍕';
    const record = recordWith({ transcript: [{ kind: "user", atMs: 1, text }], costUsd: null });
    assert.deepEqual(await a.put(record), record);
    assert.deepEqual(await b.get("CA1"), record);
    assert.equal(await b.get("CA2"), undefined);
  });

  storeTest("has one record of a call, however often it is put", async (a, b) => {
    const first = recordWith({ reason: "suspended" });
    const last = recordWith({ durationMs: 90_000, streams: 2 });
    for (const record of [first, first, last, first]) await a.put(record);
    assert.deepEqual(await b.put(last), last);
    assert.deepEqual(await a.get("CA1"), last);
  });

  storeTest("loses nothing when two servers write the same call at the same time", async (a, b) => {
    const at = (minute: number) => recordWith({ startedAt: new Date(NOW + minute * 60_000).toISOString() });
    await Promise.all([a.put(at(1)), b.put(at(2)), a.put(at(3)), b.put(at(4))]);
    const record = await a.get("CA1");
    assert.deepEqual(
      [...record!.earlier, record!].map(({ startedAt }) => startedAt),
      [1, 2, 3, 4].map(at).map((r) => r.startedAt),
    );
  }, { needsAtomicUpdates: true });

  storeTest("deletes what is due, and shows none of it before", async (a) => {
    const expiring = (days: number | null) =>
      days === null ? null : new Date(NOW + days * DAY_MS).toISOString();
    await a.put(recordWith({ callSid: "CA1", expiresAt: expiring(-1) }));
    await a.put(recordWith({ callSid: "CA2", expiresAt: expiring(1) }));
    await a.put(recordWith({ callSid: "CA3", expiresAt: expiring(null) }));
    assert.equal(await a.get("CA1"), undefined);
    assert.equal(await a.deleteExpired(NOW), 1);
    assert.equal(await a.deleteExpired(NOW), 0);
    assert.equal((await a.get("CA2"))?.callSid, "CA2");
    assert.equal(await a.deleteExpired(NOW + 2 * DAY_MS), 1);
    assert.equal((await a.get("CA3"))?.callSid, "CA3");
  });

  storeTest("tells what the calls of a business took that ended within a span of time", async (a) => {
    const call = (callSid: string, ended: string, changes: Partial<CallRecord> = {}) =>
      a.put(recordWith({ callSid, startedAt: "2026-01-01T22:00:00.000Z", endedAt: ended, ...changes }));
    await call("CA1", "2026-01-01T23:59:59.999Z");
    await call("CA2", "2026-01-02T00:00:00.000Z", { durationMs: 90_000, costUsd: 0.5 });
    await call("CA3", "2026-01-02T11:59:59.999Z", { costUsd: null });
    await call("CA4", "2026-01-02T12:00:00.000Z");
    await call("CA5", "2026-01-02T01:00:00.000Z", { business: "another" });
    const [from, until] = [Date.UTC(2026, 0, 2), Date.UTC(2026, 0, 2, 12)];
    assert.deepEqual(await a.spent("acme", from, until), { durationMs: 150_000, costUsd: 0.5 });
    assert.deepEqual(await a.spent("nobody", from, until), { durationMs: 0, costUsd: 0 });
  });

  storeTest("counts the calls of a business with a number, both ways, without the call itself", async (a) => {
    if (!a.countCalls) return;
    const number = "+15550100077";
    const call = (callSid: string, changes: Partial<CallRecord>) =>
      a.put(recordWith({ callSid, ...changes }));
    await call("CA1", { from: number, to: "+15550100000", direction: "inbound" });
    await call("CA2", { from: "+15550100000", to: number, direction: "outbound" });
    await call("CA3", { from: number, to: "+15550100000", direction: "outbound" }); // the business has that number
    await call("CA4", { from: number, business: "another" });
    await call("CA5", { from: number, expiresAt: new Date(NOW - DAY_MS).toISOString() });
    await call("CA6", { from: number, expiresAt: new Date(NOW + DAY_MS).toISOString() });
    assert.equal(await a.countCalls("acme", number, "CA9", 100), 3);
    assert.equal(await a.countCalls("acme", number, "CA1", 100), 2);
    assert.equal(await a.countCalls("acme", number, "CA9", 2), 2);
    assert.equal(await a.countCalls("acme", "+15550100078", "CA9", 100), 0);
  });

  storeTest(
    "lists records newest first, page by page, by business, time, number and reason",
    async (a, b) => {
      if (!a.list) return;
      const at = (minute: number) => new Date(NOW + minute * 60_000).toISOString();
      for (let minute = 0; minute < 7; minute++) {
        await a.put(recordWith({
          callSid: `CA${minute}`,
          startedAt: at(Math.floor(minute / 2)), // two begin at once
          business: minute === 3 ? "another" : "acme",
          from: minute % 3 === 0 ? "+15550100077" : "+15550100078",
          reason: minute === 5 ? "message_left" : "caller_hung_up",
        }));
      }
      await a.put(recordWith({ callSid: "CA8", startedAt: at(9), expiresAt: at(-1) }));
      const listed = async (query: Partial<RecordQuery>) => {
        const sids: string[] = [];
        let after: RecordQuery["after"];
        do {
          const page = await b.list!({ limit: 2, ...query, after });
          assert.ok(page.records.length <= 2);
          sids.push(...page.records.map(({ callSid }) => callSid.slice(2)));
          after = page.next;
        } while (after);
        return sids.join("");
      };
      assert.equal(await listed({}), "6543210");
      assert.equal(await listed({ business: "acme" }), "654210");
      assert.equal(await listed({ since: at(1), until: at(3) }), "5432");
      assert.equal(await listed({ number: "+15550100077" }), "630");
      assert.equal(await listed({ number: "+15550100077", business: "acme" }), "60");
      assert.equal(await listed({ reason: "message_left" }), "5");
      assert.equal(await listed({ business: "nobody" }), "");
      // A page that is just full is the last one where nothing follows.
      for (
        const [query, count] of [[{}, 7], [{ since: at(1), until: at(3) }, 4], [
          { business: "acme" },
          6,
        ]] as const
      ) {
        const full = await b.list!({ ...query, limit: count });
        assert.deepEqual([full.records.length, full.next], [count, undefined]);
        const first = await b.list!({ ...query, limit: count - 1 });
        const rest = await b.list!({ ...query, limit: 1, after: first.next });
        assert.deepEqual([rest.records.length, rest.next], [1, undefined]);
      }
      const [record] = (await b.list!({ limit: 1, reason: "message_left" })).records;
      assert.deepEqual(record, await a.get("CA5"));
    },
  );

  storeTest(
    "searches talks by words, whatever their case and accents, and forgets those of what is deleted",
    async (a, b) => {
      if (!a.list) return;
      const said = (callSid: string, text: string, changes: Partial<CallRecord> = {}) =>
        a.put(recordWith({ callSid, transcript: [{ kind: "user", atMs: 1, text }], ...changes }));
      await said("CA1", "Einen Tisch für zwei, bitte: Müller.");
      await said("CA2", "A table for two, near the window.");
      await said("CA3", "明日の予約をお願いします。", { expiresAt: new Date(NOW + DAY_MS).toISOString() });
      const at = new Date(NOW).toISOString();
      await said("CA4", "", {
        message: {
          ...{ at, durationMs: 1, recordingUrl: "https://api.twilio.com/RE1" },
          ...{ recording: "kept", recordingProblem: null, transcript: "The boiler leaks." },
        },
      });
      const tool = {
        kind: "tool",
        atMs: 1,
        name: "book",
        arguments: '{"guest":"Okafor"}',
        output: "{}",
      } as const;
      await said("CA5", "", { transcript: [tool], startedAt: at });
      const found = async (text: string, query: Partial<RecordQuery> = {}) =>
        (await b.list!({ limit: 9, text, ...query })).records.map(({ callSid }) => callSid.slice(2)).sort()
          .join("");
      const cases = {
        "tisch MULLER": "1",
        "tab two": "2",
        "tab three": "",
        "予約": "3",
        "boil": "4",
        "okafor": "5",
        "!": "",
      };
      for (const [text, expected] of Object.entries(cases)) assert.equal(await found(text), expected, text);
      assert.equal(await found("two", { business: "nobody" }), "");
      await said("CA2", "A chair.", { durationMs: 90_000 });
      assert.deepEqual(
        [await found("table"), await found("chair")],
        ["", "2"],
        "a record that is written again",
      );
      await a.deleteExpired(NOW + 2 * DAY_MS);
      assert.equal(await found("予約"), "");
    },
  );

  storeTest("adds up what calls took by the hour and the business", async (a, b) => {
    if (!a.hours) return;
    const latency = (p50Ms: number) => {
      const figures = { p50Ms, maxMs: p50Ms };
      return { turns: 1, received: figures, sent: figures, played: figures };
    };
    const call = (callSid: string, startedAt: string, changes: Partial<CallRecord> = {}) =>
      a.put(recordWith({ callSid, startedAt, ...changes }));
    await call("CA1", "2026-01-01T22:00:00.000Z", { costUsd: 0.25, latency: latency(500) });
    await call("CA2", "2026-01-01T22:59:59.999Z", { costUsd: 0.5, latency: latency(900) });
    await call("CA3", "2026-01-01T22:30:00.000Z", { costUsd: null, latency: latency(700) });
    await call("CA4", "2026-01-01T23:00:00.000Z", { costUsd: 1 });
    await call("CA5", "2026-01-01T22:10:00.000Z", { business: "another", costUsd: 2 });
    await call("CA6", "2026-01-02T00:00:00.000Z");
    assert.deepEqual(await b.hours!("2026-01-01T22:00:00.000Z", "2026-01-02T00:00:00.000Z"), [
      { business: "acme", hour: "2026-01-01T22:00:00.000Z", calls: 3, costUsd: 0.75, latencyMs: 700 },
      { business: "another", hour: "2026-01-01T22:00:00.000Z", calls: 1, costUsd: 2, latencyMs: null },
      { business: "acme", hour: "2026-01-01T23:00:00.000Z", calls: 1, costUsd: 1, latencyMs: null },
    ]);
  });
}
