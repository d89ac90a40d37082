import assert from "node:assert/strict";
import type { KnowledgeStore } from "../../src/knowledge/knowledge_store.ts";
import { chunksFrom, fill } from "../support/knowledge_texts.ts";
import { NgramEmbedder } from "../support/ngram_embedder.ts";

/** Opens a store of a business; the stores of one opener share whatever is behind them. */
export type OpenStore = (businessId: string) => Promise<KnowledgeStore>;

const PETS = {
  Dogs: "Dogs are welcome in the garden.",
  Cats: "Cats stay at home, please.",
  Parrots: "Parrots may sit at the bar and sing.",
};

/** What every store must do, whatever is behind it. */
export function storeContract(name: string, options: { ignore?: boolean }, rig: () => Promise<Rig>): void {
  const test = (what: string, run: (open: OpenStore) => Promise<void>) =>
    Deno.test(`${name} ${what}`, options, async () => {
      await using made = await rig();
      await run(made.open);
    });

  test("has what was put and nothing else", async (open) => {
    await using store = await open("pets");
    const embedder = new NgramEmbedder(64);
    const chunks = chunksFrom("pets.md", PETS);
    const ids = chunks.map(({ id }) => id);
    assert.deepEqual(await store.missing(ids, embedder.space), new Set(ids));
    await fill(store, embedder, chunks.slice(0, 2));
    assert.deepEqual(await store.missing(ids, embedder.space), new Set(ids.slice(2)));
    assert.deepEqual(
      await store.missing(ids, "other/64"),
      new Set(ids),
      "vectors of another space are no use",
    );
    assert.deepEqual(await store.missing(ids, undefined), new Set(ids.slice(2)));
    assert.deepEqual(await store.size(embedder.space), { chunks: 2, embedded: 2, sources: 1 });
    assert.deepEqual(await store.size("other/64"), { chunks: 2, embedded: 0, sources: 1 });
  });

  test("finds the nearest vectors, best first", async (open) => {
    await using store = await open("pets");
    const embedder = new NgramEmbedder(64);
    await fill(store, embedder, chunksFrom("pets.md", PETS));
    const [vector] = await embedder.embed(["Parrots may sit at the bar and sing."]);
    const hits = await store.searchVector(vector, embedder.space, 2);
    assert.equal(hits.length, 2);
    assert.equal(hits[0].chunk.text, PETS.Parrots);
    assert.deepEqual([hits[0].chunk.source, hits[0].chunk.heading], ["pets.md", "Parrots"]);
    assert.ok(Math.abs(hits[0].score - 1) < 1e-5, `${hits[0].score} is the cosine of equal texts`);
    assert.ok(hits[1].score < hits[0].score);
    assert.deepEqual(await store.searchVector(vector, "other/64", 2), []);
  });

  test("puts a chunk again in the place of the one with its id", async (open) => {
    await using store = await open("pets");
    const [chunk] = chunksFrom("pets.md", PETS);
    await store.put([{ chunk, vector: undefined }], undefined);
    assert.deepEqual(await store.size("ngram/64"), { chunks: 1, embedded: 0, sources: 1 });
    const embedder = new NgramEmbedder(64);
    await fill(store, embedder, [chunk]);
    assert.deepEqual(await store.size(embedder.space), { chunks: 1, embedded: 1, sources: 1 });
  });

  test("removes what is not retained, but for sources that stay", async (open) => {
    await using store = await open("pets");
    const embedder = new NgramEmbedder(64);
    const [dogs, cats] = chunksFrom("pets.md", PETS);
    const [other] = chunksFrom("other.md", { "": "Something else." });
    await fill(store, embedder, [dogs, cats, other]);
    assert.equal(await store.retain(new Set([cats.id]), (source) => source === "other.md"), 1);
    const [vector] = await embedder.embed([dogs.text]);
    const found = (await store.searchVector(vector, embedder.space, 9)).map(({ chunk }) => chunk.id);
    assert.deepEqual(new Set(found), new Set([cats.id, other.id]));
    assert.equal(await store.retain(new Set(), () => false), 2);
    assert.deepEqual(await store.size(embedder.space), { chunks: 0, embedded: 0, sources: 0 });
    assert.deepEqual(await store.searchVector(vector, embedder.space, 9), []);
  });

  test("refuses a text with NUL, of which the rest would be lost", async (open) => {
    await using store = await open("pets");
    const chunk = { id: "x", source: "a.md", heading: "", text: "one\0two" };
    await assert.rejects(store.put([{ chunk, vector: undefined }], undefined), {
      code: "knowledge_bad_text",
    });
    assert.equal((await store.size(undefined)).chunks, 0);
  });

  test("stops looking when it is told to", async (open) => {
    await using store = await open("pets");
    const embedder = new NgramEmbedder(64);
    await fill(store, embedder, chunksFrom("pets.md", PETS));
    const [vector] = await embedder.embed(["dogs"]);
    const reason = new Error("hung up");
    const signal = AbortSignal.abort(reason);
    await assert.rejects(store.searchVector(vector, embedder.space, 3, signal), reason);
  });

  test("keeps two businesses apart, even where their texts are the same", async (open) => {
    await using ours = await open("ours");
    await using theirs = await open("theirs");
    const embedder = new NgramEmbedder(64);
    const same = chunksFrom("pets.md", PETS);
    const secret = chunksFrom("secret.md", { "": "Marked: the safe is behind the dogs." });
    await fill(ours, embedder, same);
    await fill(theirs, embedder, [...same, ...secret]);
    const [vector] = await embedder.embed(["Marked: the safe is behind the dogs."]);
    const found = [
      ...await ours.searchVector(vector, embedder.space, 100),
      ...await ours.searchWords("marked safe behind dogs", 100),
    ];
    assert.ok(found.length > 0);
    assert.doesNotMatch(JSON.stringify(found), /Marked|secret\.md/);
    await ours.retain(new Set(), () => false);
    assert.equal((await theirs.size(embedder.space)).chunks, 4, "what one removes, the other keeps");
  });
}

export interface Rig extends AsyncDisposable {
  open: OpenStore;
}
