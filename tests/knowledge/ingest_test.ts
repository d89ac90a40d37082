import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_KNOWLEDGE } from "../../src/businesses/business.ts";
import type { Embedder } from "../../src/knowledge/embedder.ts";
import { BATCH_CHUNKS, ingestDocuments, type IngestProgress } from "../../src/knowledge/ingest_documents.ts";
import type { KnowledgeStore } from "../../src/knowledge/knowledge_store.ts";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import { AppError } from "../../src/util/errors.ts";
import { documentOf } from "../support/knowledge_texts.ts";
import { NgramEmbedder } from "../support/ngram_embedder.ts";
import { TempFolder } from "../support/temp_folder.ts";

const { dimensions } = { ...DEFAULT_KNOWLEDGE, dimensions: 16 };

const FAQ = documentOf("faq.md", {
  Hours: "Nine to five.",
  Parking: "Behind the house.",
  Pets: "Dogs may come in.",
});
const MENU = documentOf("menu.md", { Soup: "Tomato soup, four dollars.", Bread: "Baked here." });

/** A document of so many sections. */
function long(name: string, sections: number, word = "said") {
  const text = Array.from(
    { length: sections },
    (_, index) => [`Part ${index}`, `What part ${index} of ${name} ${word}.`],
  );
  return documentOf(name, Object.fromEntries(text));
}

/** All that a store can be asked, for comparing one with another. */
async function contentsOf(store: KnowledgeStore, embedder: Embedder): Promise<unknown> {
  const [vector] = await embedder.embed(["part 3 of it"]);
  const near = await store.searchVector(vector, embedder.space, 1_000);
  const hits = near.map(({ chunk, score }) => ({ ...chunk, score: score.toFixed(5) }));
  return { size: await store.size(embedder.space), hits: hits.sort((a, b) => a.id < b.id ? -1 : 1) };
}

Deno.test("A second run embeds only what has changed, and removes what has gone", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "shop");
  const embedder = new NgramEmbedder(dimensions);
  const first = await ingestDocuments({ store, embedder, sources: [FAQ, MENU] });
  assert.deepEqual([first.put, first.unchanged, first.removed, first.size.chunks], [5, 0, 0, 5]);
  embedder.embedded.length = 0;
  const same = await ingestDocuments({ store, embedder, sources: [FAQ, MENU] });
  assert.deepEqual([same.put, same.unchanged, same.removed, embedder.embedded.length], [0, 5, 0, 0]);
  const faq = documentOf("faq.md", { Hours: "Nine to six.", Parking: "Behind the house." });
  const changed = await ingestDocuments({ store, embedder, sources: [faq] });
  assert.deepEqual([changed.put, changed.unchanged, changed.removed], [1, 1, 4]);
  assert.deepEqual(embedder.embedded, ["Hours\n\nNine to six."]);
  assert.deepEqual(changed.size, { chunks: 2, embedded: 2, sources: 1 });
});

Deno.test("With keepsOthers, documents that are not given stay, and what has gone from those given goes", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "shop");
  const embedder = new NgramEmbedder(dimensions);
  await ingestDocuments({ store, embedder, sources: [FAQ, MENU] });
  const faq = documentOf("faq.md", { Hours: "Nine to five." });
  const { removed, size } = await ingestDocuments({ store, embedder, sources: [faq], keepsOthers: true });
  assert.deepEqual([removed, size.chunks, size.sources], [2, 3, 2]);
});

Deno.test("Another model or other dimensions have everything embedded again", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "shop");
  await ingestDocuments({ store, embedder: new NgramEmbedder(dimensions), sources: [FAQ] });
  const other = new NgramEmbedder(2 * dimensions);
  const { put, size } = await ingestDocuments({ store, embedder: other, sources: [FAQ] });
  assert.deepEqual([put, size], [3, { chunks: 3, embedded: 3, sources: 1 }]);
});

Deno.test("Without an embedder chunks are found by words; vectors follow when there is one", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "shop");
  const keyless = await ingestDocuments({ store, embedder: undefined, sources: [FAQ] });
  assert.deepEqual(keyless.size, { chunks: 3, embedded: 0, sources: 1 });
  assert.equal((await store.searchWords("dogs", 1))[0].chunk.heading, "Pets");
  const { put, size } = await ingestDocuments({
    store,
    embedder: new NgramEmbedder(dimensions),
    sources: [FAQ],
  });
  assert.deepEqual([put, size.embedded], [3, 3]);
});

const BROKEN = {
  name: "b.pdf",
  read: () => Promise.reject(new AppError("document_unreadable", "b.pdf cannot be read")),
};
const SCAN = documentOf("scan.pdf", {});

Deno.test("A document that cannot be read or has nothing stops no other, and is named", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "shop");
  const { documents, size } = await ingestDocuments({
    store,
    embedder: undefined,
    sources: [BROKEN, SCAN, MENU],
  });
  assert.deepEqual(
    documents.map(({ name, sections, chunks, problem }) => [name, sections, chunks, problem?.code]),
    [["b.pdf", 0, 0, "document_unreadable"], ["scan.pdf", 0, 0, undefined], ["menu.md", 2, 2, undefined]],
  );
  assert.equal(size.chunks, 2);
});

Deno.test("What was known of a document that gives nothing stays; a document that is not given goes", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "shop");
  const faq = documentOf("b.pdf", { Hours: "Nine to five." });
  const scan = documentOf("scan.pdf", { Pets: "Dogs may come in." });
  await ingestDocuments({ store, embedder: undefined, sources: [faq, scan, FAQ] });
  const { removed, size } = await ingestDocuments({
    store,
    embedder: undefined,
    sources: [BROKEN, SCAN, MENU],
  });
  assert.deepEqual([removed, size], [3, { chunks: 4, embedded: 0, sources: 3 }]);
});

Deno.test("A run whose documents give nothing changes nothing", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "shop");
  const embedder = new NgramEmbedder(dimensions);
  await ingestDocuments({ store, embedder, sources: [FAQ] });
  const { removed } = await ingestDocuments({ store, embedder, sources: [BROKEN, SCAN] });
  assert.equal(removed, 0);
  assert.deepEqual(await store.size(embedder.space), { chunks: 3, embedded: 3, sources: 1 });
});

Deno.test("What several pages of a site say is kept once", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "shop");
  const page = (name: string, text: string) => ({
    name,
    read: () =>
      Promise.resolve({
        sections: [{ heading: "", text: "Call 555 0100." }, { heading: name, text }],
        isPage: true,
      }),
  });
  const sources = [page("a.html", "Crowns."), page("b.html", "Bridges.")];
  const { documents, size } = await ingestDocuments({ store, embedder: undefined, sources });
  assert.deepEqual(documents.map(({ chunks, notes }) => [chunks, notes]), [
    [2, []],
    [1, ["1 passage that other pages have"]],
  ]);
  assert.equal(size.chunks, 3);
});

Deno.test("Progress is told after each batch, up to the end", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "shop");
  const told: IngestProgress[] = [];
  const sources = [long("a.md", BATCH_CHUNKS + 6), FAQ];
  await ingestDocuments({
    store,
    embedder: undefined,
    sources,
    onProgress: (progress) => told.push(progress),
  });
  const chunks = BATCH_CHUNKS + 9;
  assert.deepEqual(told, [
    { source: "a.md", chunksDone: BATCH_CHUNKS, chunks },
    { source: "a.md", chunksDone: BATCH_CHUNKS + 6, chunks },
    { source: "faq.md", chunksDone: chunks, chunks },
  ]);
});

/** A store whose every operation may fail, before it is done or after. */
function failing(store: KnowledgeStore, fails: (point: string) => boolean): KnowledgeStore {
  const guarded = <Result>(name: string, run: () => Promise<Result>) => async (): Promise<Result> => {
    if (fails(`before ${name}`)) throw new Error("interrupted");
    const result = await run();
    if (fails(`after ${name}`)) throw new Error("interrupted");
    return result;
  };
  return {
    missing: (ids, space) => guarded("missing", () => store.missing(ids, space))(),
    put: (chunks, space) => guarded("put", () => store.put(chunks, space))(),
    retain: (ids, keeps) => guarded("retain", () => store.retain(ids, keeps))(),
    size: (space) => store.size(space),
    searchWords: (question, limit) => store.searchWords(question, limit),
    searchVector: (vector, space, limit) => store.searchVector(vector, space, limit),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

Deno.test("A run that is interrupted anywhere and run again ends as one clean run does", async () => {
  using folder = new TempFolder();
  const before = [long("a.md", 150), FAQ];
  const after = [long("a.md", 140, "says now"), MENU, long("b.md", 70)];
  const embedder = new NgramEmbedder(dimensions);
  await using clean = await SqliteKnowledgeStore.open(folder.path, "clean");
  await ingestDocuments({ store: clean, embedder, sources: after });
  const wanted = await contentsOf(clean, embedder);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }), async (points) => {
      await using store = await SqliteKnowledgeStore.open(folder.path, `run-${runs++}`);
      await ingestDocuments({ store, embedder, sources: before });
      for (const point of points) {
        let step = 0;
        const unreliable = new NgramEmbedder(dimensions);
        unreliable.before = () => {
          if (step++ === point) throw new AppError("embedding_failed", "interrupted");
        };
        const broken = failing(store, () => step++ === point);
        await ingestDocuments({ store: broken, embedder: unreliable, sources: after }).catch(() => {});
      }
      await ingestDocuments({ store, embedder, sources: after });
      assert.deepEqual(await contentsOf(store, embedder), wanted);
    }),
    { numRuns: 30 },
  );
});
