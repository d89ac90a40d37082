import assert from "node:assert/strict";
import type { CommandStartedEvent, Db } from "mongodb";
import { MongoClient } from "mongodb";
import { MongoKnowledgeStore } from "../../../src/knowledge/mongo/mongo_store.ts";
import type { KnowledgeStore } from "../../../src/knowledge/knowledge_store.ts";
import { SqliteKnowledgeStore } from "../../../src/knowledge/sqlite/sqlite_store.ts";
import { chunksFrom, fill } from "../../support/knowledge_texts.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { mongoTest } from "../../support/mongo/mongo_server.ts";
import { SearchingDatabase, serverError } from "../../support/mongo/searching_database.ts";
import { RecordingLog } from "../../support/recording_log.ts";
import { TempFolder } from "../../support/temp_folder.ts";
import { NgramEmbedder } from "../../support/ngram_embedder.ts";

const HOUSE = { Parking: "There is a car park behind the house.", Pets: "Dogs have to wait outside." };
const embedder = new NgramEmbedder(64);

async function filled(
  database: Db,
  businessId = "house",
  clock = new ManualClock(),
): Promise<MongoKnowledgeStore> {
  const store = new MongoKnowledgeStore(database, businessId, clock);
  await fill(store, embedder, chunksFrom("house.md", HOUSE));
  return store;
}

/** The documented definition of the index. */
const INDEX = {
  name: "knowledge_vector64",
  type: "vectorSearch",
  definition: {
    fields: [
      { type: "vector", path: "vector64", numDimensions: 64, similarity: "cosine" },
      { type: "filter", path: "businessId" },
      { type: "filter", path: "space" },
    ],
  },
};

mongoTest("The index is created once, and waited for until it can be queried", async (server) => {
  await using client = server.client();
  const searching = new SearchingDatabase(client.db());
  searching.pollsUntilReady = 3;
  const clock = new ManualClock();
  const filling = filled(searching.db, "house", clock);
  let isDone = false;
  const done = filling.then(() => isDone = true);
  while (!isDone) {
    clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await done;
  assert.deepEqual(searching.created, [INDEX]);
  assert.equal(searching.polls, 4);
  await filled(searching.db, "other", clock);
  assert.equal(searching.created.length, 1);
});

mongoTest("An index that never becomes ready is an error, not an endless wait", async (server) => {
  await using client = server.client();
  const searching = new SearchingDatabase(client.db());
  searching.pollsUntilReady = Infinity;
  const clock = new ManualClock();
  const outcome = filled(searching.db, "house", clock).then(() => "filled", (error) => error.code);
  let code: string | undefined;
  void outcome.then((value) => code = value);
  while (code === undefined) {
    clock.advance(60_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(code, "knowledge_index_not_ready");
});

mongoTest("An index that has failed is dropped and made again, and the log says so", async (server) => {
  await using client = server.client();
  const searching = new SearchingDatabase(client.db());
  searching.pollsUntilReady = 3;
  searching.unreadyStatus = "FAILED";
  searching.created.push(INDEX);
  const clock = new ManualClock();
  const log = new RecordingLog();
  const store = new MongoKnowledgeStore(searching.db, "house", clock, log);
  let isDone = false;
  const done = fill(store, embedder, chunksFrom("house.md", HOUSE)).then(() => isDone = true);
  while (!isDone) {
    clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await done;
  assert.deepEqual([searching.dropped, searching.created], [[INDEX.name], [INDEX]]);
  assert.deepEqual(log.names, ["vector_index_rebuilt"]);
});

mongoTest("While the index is built or has failed, a search by meaning says so at once", async (server) => {
  await using client = server.client();
  const searching = new SearchingDatabase(client.db());
  const store = await filled(searching.db);
  const [vector] = await embedder.embed([HOUSE.Parking]);
  searching.pollsUntilReady = Infinity;
  for (const status of ["BUILDING", "FAILED"]) {
    searching.unreadyStatus = status;
    await assert.rejects(store.searchVector(vector, embedder.space, 5), {
      code: "knowledge_index_not_ready",
    });
  }
});

mongoTest(
  "$vectorSearch is filtered by business and space, and its score becomes the cosine",
  async (server) => {
    await using client = server.client();
    const searching = new SearchingDatabase(client.db());
    const store = await filled(searching.db);
    const [{ id }] = chunksFrom("house.md", HOUSE);
    searching.answer = () => [{ id, score: 0.675 }, { id: "gone", score: 0.6 }];
    const [vector] = await embedder.embed(["car park"]);
    const hits = await store.searchVector(vector, embedder.space, 5);
    assert.deepEqual(searching.pipelines, [[
      {
        $vectorSearch: {
          index: "knowledge_vector64",
          path: "vector64",
          queryVector: [...vector],
          numCandidates: 100,
          limit: 5,
          filter: { businessId: "house", space: "ngram/64" },
        },
      },
      { $project: { _id: 0, id: 1, score: { $meta: "vectorSearchScore" } } },
    ]]);
    assert.deepEqual(hits.map(({ chunk, score }) => [chunk.heading, score.toFixed(3)]), [[
      "Parking",
      "0.350",
    ]]);
  },
);

mongoTest(
  "Where the index finds nothing or the search is overloaded, every vector is looked at",
  async (server) => {
    await using client = server.client();
    const searching = new SearchingDatabase(client.db());
    const store = await filled(searching.db);
    const [vector] = await embedder.embed([HOUSE.Parking]);
    for (let round = 0; round < 2; round++) {
      const hits = await store.searchVector(vector, embedder.space, 5);
      assert.equal(hits[0].chunk.heading, "Parking");
      searching.answer = () => {
        throw serverError(489, "SearchOverloaded", "too many queries");
      };
    }
    assert.equal(searching.pipelines.length, 2, "overload is no reason to stop asking");
  },
);

mongoTest("A server without vector search is found out once, and asked no more", async (server) => {
  const commands: CommandStartedEvent[] = [];
  await using client = new MongoClient(server.uri, { monitorCommands: true });
  client.on("commandStarted", (event) => void commands.push(event));
  const database = client.db();
  const store = await filled(database);
  const [vector] = await embedder.embed([HOUSE.Parking]);
  for (let round = 0; round < 3; round++) {
    const [{ chunk }] = await store.searchVector(vector, embedder.space, 1);
    assert.equal(chunk.heading, "Parking");
  }
  const text = commands.map(({ command }) => JSON.stringify(command, withoutSession));
  const asked = text.filter((command) => /Search/.test(command));
  assert.equal(asked.length, 1, asked.join("\n"));
  const scan = text.findLast((command) => command.includes('"vector64":1'));
  assert.match(scan!, /"filter":\{"businessId":"house","space":"ngram\/64"\}/);
});

mongoTest(
  "What goes over the wire for the index is what the server's documentation shows",
  async (server) => {
    const commands: unknown[] = [];
    await using client = new MongoClient(server.uri, { monitorCommands: true });
    client.on(
      "commandStarted",
      ({ command }) => void commands.push(JSON.parse(JSON.stringify(command, withoutSession))),
    );
    await client.db().collection("knowledge").createSearchIndex(INDEX).catch(() => {}); // not every server knows it
    const { $db: _, ...command } = commands.at(-1) as Record<string, unknown>;
    assert.deepEqual(command, { createSearchIndexes: "knowledge", indexes: [INDEX] });
  },
);

mongoTest(
  "Words are found in any case and without accents, and weigh by how rare they are",
  async (server) => {
    await using client = server.client();
    const store = new MongoKnowledgeStore(client.db(), "cafe", new ManualClock());
    await fill(
      store,
      embedder,
      chunksFrom("menu.md", { "Café": "Crème brûlée.", Other: "Something else, creme too." }),
    );
    const hits = await store.searchWords("CREME BRULEE?", 5);
    assert.deepEqual(hits.map(({ chunk }) => chunk.heading), ["Café", "Other"]);
    assert.equal(hits[0].score, 1);
    assert.ok(hits[1].score > 0 && hits[1].score < 0.5);
    assert.deepEqual(await store.searchWords("helicopter", 5), []);
  },
);

mongoTest(
  "The words of MongoDB find what those of SQLite do, also in chunks of an older version",
  async (server) => {
    await using client = server.client();
    using folder = new TempFolder();
    const sections = {
      Zahnreinigung: "Die professionelle Zahnreinigung kostet 49,90 Euro.",
      Parken: "Parkplätze finden Sie in der Gärtnerstraße 5, der Fußweg ist kurz.",
      Öffnungszeiten: "Geöffnet ist montags von neun bis siebzehn Uhr.",
      駐車場: "駐車場は建物の裏にあります。",
    };
    const questions = [
      "Was kostet die Reinigung?",
      "gaertnerstrasse parkplatz",
      "駐車場はどこですか",
      "wann öffnen Sie",
      "neunundvierzig neunzig",
    ];
    const chunks = chunksFrom("praxis.md", sections).map((chunk) => ({ chunk, vector: undefined }));
    const ids = new Set(chunks.map(({ chunk }) => chunk.id));
    await using sqlite = await SqliteKnowledgeStore.open(folder.path, "praxis");
    const mongo = new MongoKnowledgeStore(client.db(), "praxis", new ManualClock());
    for (const store of [sqlite, mongo]) {
      await store.put(chunks, undefined);
      await store.retain(ids, () => false);
    }
    const found = (store: KnowledgeStore) =>
      Promise.all(questions.map((question) => store.searchWords(question, 3)));
    const wanted = await found(sqlite);
    assert.ok(wanted.every((hits) => hits.length > 0));
    assert.deepEqual(await found(mongo), wanted);
    // As a version before this one left them.
    await client.db().collection("knowledge").updateMany({}, {
      $set: { words: ["die"] },
      $unset: { wordsVersion: "" },
    });
    await client.db().collection("knowledge_words").deleteMany({});
    assert.deepEqual(await found(new MongoKnowledgeStore(client.db(), "praxis", new ManualClock())), wanted);
  },
);

mongoTest("Knowledge is out of reach while the server is down, and back when it is", async (server) => {
  await using client = new MongoClient(server.uri, { serverSelectionTimeoutMS: 500 });
  const store = await filled(client.db());
  const [vector] = await embedder.embed([HOUSE.Parking]);
  await server.kill();
  await assert.rejects(store.searchVector(vector, embedder.space, 1), { code: "knowledge_unreachable" });
  await server.restart();
  assert.equal((await store.searchVector(vector, embedder.space, 1))[0].chunk.heading, "Parking");
}, { kills: true });

/** Leaves out what each command carries for the connection's sake. */
function withoutSession(key: string, value: unknown): unknown {
  return key === "lsid" || key === "$clusterTime" ? undefined : value;
}
