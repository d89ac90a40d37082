import assert from "node:assert/strict";
import { readDocuments, readOne } from "../../src/util/bounded_reads.ts";

/** A cursor of so many documents, which counts how often it was closed. */
function cursorOf(documents: number, next = (index: number): unknown => index) {
  let index = 0;
  const cursor = {
    closed: 0,
    [Symbol.asyncIterator]: () => ({
      next: async () =>
        index < documents ? { done: false, value: await next(index++) } : { done: true, value: undefined },
      return: () => {
        cursor.closed++;
        return new Promise<never>(() => {}); // a server that does not answer to that either
      },
    }),
  };
  return cursor as typeof cursor & AsyncIterable<unknown>;
}

Deno.test("readDocuments() hands over what a cursor has, and closes none that is at its end", async () => {
  const cursor = cursorOf(3);
  assert.deepEqual(await Array.fromAsync(readDocuments({ documents: 3, ms: 60_000 }, () => cursor)), [
    0,
    1,
    2,
  ]);
  assert.equal(cursor.closed, 0);
});

Deno.test("readDocuments() tells the server how long it may take, and gives up a cursor with more documents", async () => {
  const cursor = cursorOf(Infinity);
  const read: unknown[] = [];
  await assert.rejects(async () => {
    const documents = readDocuments({ documents: 3, ms: 60_000 }, ({ maxTimeMS, signal }) => {
      assert.deepEqual([maxTimeMS, signal.aborted], [60_000, false]);
      return cursor;
    });
    for await (const document of documents) read.push(document);
  }, { name: "RangeError", message: "MongoDB sends more than 3 documents." });
  assert.deepEqual(read, [0, 1, 2]);
  assert.equal(cursor.closed, 1);
});

for (
  const [kind, next] of [
    ["says nothing", () => new Promise(() => {})],
    ["goes on slowly", (index: number) => new Promise((resolve) => setTimeout(resolve, 20, index))],
  ] as const
) {
  Deno.test(`readDocuments() gives up a cursor that ${kind}, and breaks its connection off`, async () => {
    const cursor = cursorOf(Infinity, next);
    let given: AbortSignal | undefined;
    const documents = readDocuments({ documents: 1_000, ms: 100 }, ({ signal }) => {
      given = signal;
      return cursor;
    });
    await assert.rejects(Array.fromAsync(documents), { name: "TimeoutError" });
    assert.equal(given?.aborted, true);
    assert.equal(cursor.closed, 1);
    await new Promise((resolve) => setTimeout(resolve, 30)); // the document that was on its way
  });
}

Deno.test("readDocuments() closes a cursor of which the reader has enough", async () => {
  const cursor = cursorOf(Infinity);
  for await (const _ of readDocuments({ documents: 3, ms: 60_000 }, () => cursor)) break;
  assert.equal(cursor.closed, 1);
});

Deno.test("readOne() gives up an answer that does not come", async () => {
  assert.equal(await readOne(60_000, ({ maxTimeMS }) => Promise.resolve(maxTimeMS)), 60_000);
  await assert.rejects(readOne(50, () => new Promise(() => {})), { name: "TimeoutError" });
});
