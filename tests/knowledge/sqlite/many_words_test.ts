import assert from "node:assert/strict";
import { StatementSync } from "node:sqlite";
import { makeChunk } from "../../../src/knowledge/chunker.ts";
import { SqliteKnowledgeStore } from "../../../src/knowledge/sqlite/sqlite_store.ts";
import { MAX_VOCABULARY } from "../../../src/knowledge/words/vocabulary.ts";
import { TempFolder } from "../../support/temp_folder.ts";

/** Part numbers of a passage. */
const NUMBERS = 125;

Deno.test("A catalogue of more part numbers than words are held is still found by what its parts are called", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "dealer");
  let number = 1_000_000;
  const chunks = Array.from({ length: Math.ceil(MAX_VOCABULARY / NUMBERS) + 50 }, (_, index) => {
    const numbers = Array.from({ length: NUMBERS }, () => String(number++));
    const what = index % 500 === 0 ? "elbow fittings of copper" : "screws and washers";
    return makeChunk(`${index}.csv`, "", `We sell ${what}: ${numbers.join(" ")}`);
  });
  for (let start = 0; start < chunks.length; start += 500) {
    await store.put(
      chunks.slice(start, start + 500).map((chunk) => ({ chunk, vector: undefined })),
      undefined,
    );
  }
  await store.retain(new Set(chunks.map(({ id }) => id)), () => false);
  const found = await store.searchWords("Do you have copper fittings?", 10);
  assert.ok(found.length >= 3);
  for (const { chunk } of found.slice(0, 3)) assert.match(chunk.text, /copper/);
  const [last] = await store.searchWords(`What does ${number - 1} cost?`, 10);
  assert.equal(
    last?.chunk.source,
    `${chunks.length - 1}.csv`,
    "a number that is not held is found as it is written",
  );
});

Deno.test("Questions at once wait for one reading of the words", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "house");
  const chunks = Array.from({ length: 20 }, (_, part) => {
    const words = Array.from({ length: 150 }, (_, at) => `word${part * 150 + at}`);
    return { chunk: makeChunk("a.md", "", words.join(" ")), vector: undefined };
  });
  await store.put(chunks, undefined);
  const { all } = StatementSync.prototype;
  let readings = 0;
  StatementSync.prototype.all = function (this: StatementSync, ...values: Parameters<typeof all>) {
    if (this.sourceSQL.includes("known_words")) readings++;
    return all.apply(this, values);
  } as typeof all;
  try {
    const found = await Promise.all(Array.from({ length: 8 }, () => store.searchWords("word7", 3)));
    for (const hits of found) assert.equal(hits.length, 1);
    assert.equal(readings, 3, "two for the words, and one for figures");
  } finally {
    StatementSync.prototype.all = all;
  }
});
