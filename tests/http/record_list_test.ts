import assert from "node:assert/strict";
import { recordList } from "../../src/http/record_list.ts";
import { RecordingLog } from "../support/recording_log.ts";

type List = Parameters<typeof recordList>[0];

const ask = async (query: string, list: List) => {
  const handler = recordList(list, new RecordingLog());
  const answer = await handler(new Request(`http://127.0.0.1/records${query}`), "127.0.0.1");
  const text = await answer.text();
  return { status: answer.status, text, json: answer.status === 200 ? JSON.parse(text) : undefined };
};

Deno.test("GET /records lists records, and the next page by the cursor of the one before", async () => {
  const queries: unknown[] = [];
  const next = { startedAt: "2026-01-01T00:00:00.000Z", callSid: "CA~?>1" };
  const list: List = (query) => {
    queries.push(query);
    return Promise.resolve({ records: [{ callSid: "CA1" }], ...queries.length === 1 && { next } });
  };
  const asked =
    "?business=acme&since=2026-01-01&until=2026-01-02T00:00:00%2B01:00&number=+1555&reason=refused&limit=7";
  const first = await ask(asked, list);
  assert.deepEqual([first.json.version, first.json.records], [1, [{ callSid: "CA1" }]]);
  assert.match(first.json.next, /^[\w-]+$/);
  const second = await ask(`?cursor=${first.json.next}`, list);
  assert.equal(second.json.next, null);
  assert.deepEqual(queries, [
    {
      business: "acme",
      since: "2026-01-01T00:00:00.000Z",
      until: "2026-01-01T23:00:00.000Z",
      number: "+1555",
      reason: "refused",
      limit: 7,
    },
    { limit: 50, after: next },
  ]);
});

Deno.test("GET /records takes a number as people write it, and a plus sign that is not escaped", async () => {
  const queries: { number?: string; since?: string }[] = [];
  const list: List = (query) => {
    queries.push(query);
    return Promise.resolve({ records: [] });
  };
  for (const number of ["+1 (555) 010-0001", "%2B1.555.010.0001", "001 555 010 0001"]) {
    await ask(`?number=${number}`, list);
    assert.equal(queries.at(-1)?.number, "+15550100001", number);
  }
  for (const other of ["0731 123456", "sip:anna@example.com", "[telephone number]"]) {
    await ask(`?number=${encodeURIComponent(other)}`, list);
    assert.equal(queries.at(-1)?.number, other);
  }
  await ask("?since=2026-11-22T18:30:00+01:00", list);
  assert.equal(queries.at(-1)?.since, "2026-11-22T17:30:00.000Z");
});

Deno.test("GET /records refuses what no list can be asked for", async () => {
  const list: List = () => Promise.resolve({ records: [] });
  const wrong = [
    "since=yesterday",
    "until=2026-13-01",
    "until=2026-02-30",
    "since=2026-06-31T10:00:00Z",
    "limit=0",
    "limit=101",
    "limit=1e1",
    "cursor=x",
    "cursor=e30",
    "from=1",
  ];
  for (const query of wrong) assert.equal((await ask(`?${query}`, list)).status, 400, query);
  assert.equal((await ask(`?business=${"x".repeat(401)}`, list)).status, 400);
});

Deno.test("GET /records says that a store lists nothing, or is out of reach", async () => {
  const none = await ask("", () => Promise.resolve(undefined));
  assert.deepEqual([none.status, /list/.test(none.text)], [501, true]);
  assert.equal((await ask("", () => Promise.reject(new Error("gone")))).status, 503);
});
