import assert from "node:assert/strict";
import { ingestDocuments } from "../../src/knowledge/ingest_documents.ts";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import { factbook, factbookQuestions, recallOf } from "../support/factbook.ts";
import { NgramEmbedder } from "../support/ngram_embedder.ts";
import { type RecallCounts, recallOfSet, recallSets } from "../support/recall_sets.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** What `deno task bench:knowledge` reached when this was written, less a little: 0.75 by words. */
const LEAST_BY_WORDS = 0.7;
const LEAST_HYBRID = 0.45;

Deno.test("On a text of 250 pages, most questions in other words than the text's find their passage", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "factbook");
  const embedder = new NgramEmbedder(512);
  const { size } = await ingestDocuments({ store, embedder, sources: factbook() });
  assert.ok(size.sources === 26 && size.chunks > 900 && size.embedded === size.chunks, JSON.stringify(size));
  const { answerable } = await factbookQuestions();
  assert.ok(answerable.length >= 30);
  const { words, hybrid } = await recallOf(store, embedder, answerable, 5);
  assert.ok(words >= LEAST_BY_WORDS, `${words} by words`);
  assert.ok(hybrid >= LEAST_HYBRID, `${hybrid} by words and a stand-in's vectors`);
});

for (const part of ["tuning", "kept"] as const) {
  Deno.test(`The documents of fixtures/recall/${part} answer what callers ask, without a key`, async () => {
    using folder = new TempFolder();
    const sum: RecallCounts = { questions: 0, whole: 0, spoken: 0, unanswerable: 0, misled: 0 };
    for (const [index, set] of (await recallSets(part)).entries()) {
      await using store = await SqliteKnowledgeStore.open(folder.path, `set-${index}`);
      const counts = await recallOfSet(set, store);
      for (const name of Object.keys(sum) as (keyof RecallCounts)[]) sum[name] += counts[name];
    }
    const told = JSON.stringify(sum);
    assert.ok(sum.whole >= 0.9 * sum.questions, `whole questions: ${told}`);
    assert.ok(sum.spoken >= 0.75 * sum.questions, `as callers speak: ${told}`);
    assert.ok(sum.misled <= sum.unanswerable / 3, `given passages without an answer: ${told}`);
  });
}
