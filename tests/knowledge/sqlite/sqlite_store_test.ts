import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SqliteKnowledgeStore } from "../../../src/knowledge/sqlite/sqlite_store.ts";
import { VECTORS_A_PAGE } from "../../../src/knowledge/sqlite/vector_pages.ts";
import { dot } from "../../../src/knowledge/vector.ts";
import { chunksFrom, fill } from "../../support/knowledge_texts.ts";
import { NgramEmbedder } from "../../support/ngram_embedder.ts";
import { type Rig, storeContract } from "../store_contract.ts";

async function folder(): Promise<Rig & { path: string }> {
  const path = await Deno.makeTempDir({ dir: "/tmp", prefix: "slimline-knowledge-" });
  return {
    path,
    open: (businessId) => SqliteKnowledgeStore.open(path, businessId),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

storeContract("SqliteKnowledgeStore", {}, folder);

const HOUSE = {
  "Opening hours": "We are open from nine to five on working days.",
  Parking: "There is a car park behind the house. Parking costs nothing for patients.",
  Insurance: "We take every public insurance, and most private ones.",
  Café: "Crème brûlée is served in the café.",
};

Deno.test("Words are found in any form, with or without accents, and headings count", async () => {
  await using rig = await folder();
  await using store = await rig.open("house");
  await fill(store, new NgramEmbedder(8), chunksFrom("house.md", HOUSE));
  const first = async (question: string) => (await store.searchWords(question, 3))[0]?.chunk.heading;
  assert.equal(await first("Where can I park?"), "Parking");
  assert.equal(await first("creme brulee"), "Café");
  assert.equal(await first("opening"), "Opening hours");
  assert.equal(await first("helicopter"), undefined);
  assert.equal(await first(""), undefined);
});

Deno.test("A word hit's score is the share of the question's weight that the chunk holds", async () => {
  await using rig = await folder();
  await using store = await rig.open("house");
  await fill(store, new NgramEmbedder(8), chunksFrom("house.md", HOUSE));
  const [{ score: whole }] = await store.searchWords("car park", 1);
  assert.equal(whole, 1);
  const [{ score: half }] = await store.searchWords("car helicopter", 1);
  assert.ok(half > 0.3 && half < 0.7, `${half}`);
});

Deno.test("A word that most chunks have weighs little, and never nothing", async () => {
  await using rig = await folder();
  await using store = await rig.open("house");
  const sections = Object.fromEntries(
    Array.from(
      { length: 30 },
      (_, index) => [`Rooms > Room ${index}`, `The room has a number, and it is ${index}.`],
    ),
  );
  await fill(
    store,
    new NgramEmbedder(8),
    chunksFrom("rooms.md", { ...sections, "Rooms > Prices": "They are fair." }),
  );
  assert.equal((await store.searchWords("the room 17", 5))[0].chunk.heading, "Rooms > Room 17");
  assert.equal(
    (await store.searchWords("What are the prices of the rooms?", 5))[0].chunk.heading,
    "Rooms > Prices",
  );
  assert.equal((await store.searchWords("What number has the room?", 5)).length, 5);
});

Deno.test("A file of version 1, with English stems, is indexed anew and found in", async () => {
  await using rig = await folder();
  const old = new DatabaseSync(`${rig.path}/old.sqlite`);
  old.exec(`
    CREATE TABLE chunks (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, heading TEXT NOT NULL,
      text TEXT NOT NULL, space TEXT, vector BLOB);
    CREATE VIRTUAL TABLE words USING fts5(heading, text, content = 'chunks', content_rowid = 'key', tokenize = 'porter unicode61');
    CREATE TRIGGER chunk_put AFTER INSERT ON chunks BEGIN
      INSERT INTO words(rowid, heading, text) VALUES (new.key, new.heading, new.text); END;
    CREATE TRIGGER chunk_removed AFTER DELETE ON chunks BEGIN
      INSERT INTO words(words, rowid, heading, text) VALUES ('delete', old.key, old.heading, old.text); END;
    CREATE TABLE pages (page INTEGER PRIMARY KEY, space TEXT NOT NULL, keys BLOB NOT NULL, vectors BLOB NOT NULL);
    PRAGMA user_version = 1;
  `);
  const insert = old.prepare("INSERT INTO chunks (id, source, heading, text) VALUES (?, 'a.md', '', ?)");
  for (let index = 0; index < 120; index++) {
    insert.run(`${index}`, `Die Zahnreinigung Nummer ${index} kostet 49,90 Euro.`);
  }
  old.close();
  {
    await using store = await rig.open("old");
    assert.equal((await store.searchWords("Was kostet die Reinigung 117?", 3))[0].chunk.id, "117");
    assert.equal(await store.retain(new Set(["117"]), () => false), 119);
    assert.equal((await store.searchWords("Reinigung", 3)).length, 1);
  }
  await using store = await rig.open("old");
  assert.equal((await store.searchWords("neunundvierzig neunzig", 3))[0].chunk.id, "117");
});

Deno.test("What a question holds is never read as a query's syntax", async () => {
  await using rig = await folder();
  await using store = await rig.open("house");
  await fill(store, new NgramEmbedder(8), chunksFrom("house.md", HOUSE));
  for (
    const question of [
      '"',
      "park* OR -x",
      "NEAR(a b)",
      "heading:park",
      "a AND NOT b",
      "'; DROP TABLE chunks",
      "(",
      "\0",
    ]
  ) {
    await store.searchWords(question, 3);
  }
  assert.equal((await store.size(undefined)).chunks, 4);
});

Deno.test("The search by vectors looks at every page, and agrees with comparing all", async () => {
  await using rig = await folder();
  await using store = await rig.open("many");
  const embedder = new NgramEmbedder(32);
  const sections = Object.fromEntries(
    Array.from(
      { length: 2 * VECTORS_A_PAGE + 10 },
      (_, index) => [`${index}`, `Text ${index * 7919} of many.`],
    ),
  );
  const chunks = chunksFrom("many.md", sections);
  await fill(store, embedder, chunks);
  const [question, ...vectors] = await embedder.embed([
    "Text 55433 of a few",
    ...chunks.map(({ text }) => text),
  ]);
  const wanted = vectors.map((vector) => dot(question, vector)).sort((a, b) => b - a).slice(0, 20);
  const found = (await store.searchVector(question, embedder.space, 20)).map(({ score }) => score);
  assert.deepEqual(found.map((score) => score.toFixed(5)), wanted.map((score) => score.toFixed(5)));
});

Deno.test("A search during which chunks go still answers", async () => {
  await using rig = await folder();
  await using store = await rig.open("house");
  await using other = await rig.open("house");
  const embedder = new NgramEmbedder(8);
  await fill(store, embedder, chunksFrom("house.md", HOUSE));
  const [vector] = await embedder.embed(["car park"]);
  const search = store.searchVector(vector, embedder.space, 4);
  await other.retain(new Set(), () => false);
  assert.deepEqual(await search, []);
});

Deno.test("A file of another version is refused, and one that is none", async () => {
  await using rig = await folder();
  const old = new DatabaseSync(`${rig.path}/old.sqlite`);
  old.exec("PRAGMA user_version = 99");
  old.close();
  await assert.rejects(SqliteKnowledgeStore.open(rig.path, "old"), { code: "knowledge_other_version" });
  await Deno.writeTextFile(`${rig.path}/none.sqlite`, "This is no database, whatever its name says.");
  await assert.rejects(SqliteKnowledgeStore.open(rig.path, "none"), { code: "knowledge_unreachable" });
  await assert.rejects(SqliteKnowledgeStore.open(rig.path, "../other"), { code: "knowledge_bad_business" });
});

Deno.test("A store that was closed says that it cannot be reached", async () => {
  await using rig = await folder();
  const store = await rig.open("house");
  await store[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await assert.rejects(store.searchWords("park", 3), { code: "knowledge_unreachable" });
});

Deno.test("A business's file is made without holding up calls for the disk, and is safe once it is open", async () => {
  await using rig = await folder();
  const { exec } = DatabaseSync.prototype;
  const { syncData } = Deno.FsFile.prototype;
  const seen: unknown[] = [];
  DatabaseSync.prototype.exec = function (sql) {
    exec.call(this, sql);
    if (sql.includes("journal_mode")) seen.push(this.prepare("PRAGMA synchronous").get()?.synchronous);
  };
  Deno.FsFile.prototype.syncData = function () {
    seen.push("synced by a thread");
    return syncData.call(this);
  };
  const [OFF, NORMAL] = [0, 1];
  try {
    await (await rig.open("new"))[Symbol.asyncDispose]();
    assert.deepEqual(seen, [OFF, "synced by a thread", NORMAL]);
    await (await rig.open("new"))[Symbol.asyncDispose]();
    assert.deepEqual(seen, [OFF, "synced by a thread", NORMAL, NORMAL]);
  } finally {
    DatabaseSync.prototype.exec = exec;
    Deno.FsFile.prototype.syncData = syncData;
  }
});
