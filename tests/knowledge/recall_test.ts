import assert from "node:assert/strict";
import { ingestDocuments } from "../../src/knowledge/ingest_documents.ts";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import { factbook, factbookQuestions, recallOf } from "../support/factbook.ts";
import { NgramEmbedder } from "../support/ngram_embedder.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** What `deno task bench:knowledge` reached when this was written, less a little: 0.75 by words. */
const LEAST_BY_WORDS = 0.7;
const LEAST_HYBRID = 0.45;

Deno.test("On a text of 250 pages, most questions in other words than the text's find their passage", async () => {
  using folder = new TempFolder();
  await using store = SqliteKnowledgeStore.open(folder.path, "factbook");
  const embedder = new NgramEmbedder(512);
  const { size } = await ingestDocuments({ store, embedder, sources: factbook() });
  assert.ok(size.sources === 26 && size.chunks > 900 && size.embedded === size.chunks, JSON.stringify(size));
  const { answerable } = await factbookQuestions();
  assert.ok(answerable.length >= 30);
  const { words, hybrid } = await recallOf(store, embedder, answerable, 5);
  assert.ok(words >= LEAST_BY_WORDS, `${words} by words`);
  assert.ok(hybrid >= LEAST_HYBRID, `${hybrid} by words and a stand-in's vectors`);
});
