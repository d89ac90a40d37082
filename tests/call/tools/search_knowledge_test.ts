import assert from "node:assert/strict";
import { DEFAULT_KNOWLEDGE } from "../../../src/businesses/business.ts";
import { SEARCH_TIMEOUT_MS, searchKnowledge } from "../../../src/call/tools/search_knowledge.ts";
import type { Embedder } from "../../../src/knowledge/embedder.ts";
import { EMBED_TIMEOUT_MS, Knowledge, MAX_QUESTION_CHARS } from "../../../src/knowledge/knowledge.ts";
import { SqliteKnowledgeStore } from "../../../src/knowledge/sqlite/sqlite_store.ts";
import type { toKnowledgeAnswer } from "../../../src/knowledge/answer.ts";
import { normalize } from "../../../src/knowledge/vector.ts";
import { AppError } from "../../../src/util/errors.ts";
import { FakeCallControl } from "../../support/fake_call_control.ts";
import { chunksFrom, fill } from "../../support/knowledge_texts.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { NgramEmbedder } from "../../support/ngram_embedder.ts";
import { RecordingLog } from "../../support/recording_log.ts";
import { TempFolder } from "../../support/temp_folder.ts";
import { toolContext } from "./tool_bench.ts";

const SETTINGS = { ...DEFAULT_KNOWLEDGE, dimensions: 128, results: 2 };
const HOUSE = {
  Parking: "There is a car park behind the house.",
  Insurance: "We take every public insurance, and most private ones.",
  Pets: "Dogs have to wait outside.",
};

/** The tool over a real store. */
class ToolRig implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly embedder = new NgramEmbedder(SETTINGS.dimensions);
  leases = 0;
  opening: Promise<unknown> = Promise.resolve();

  private constructor(readonly folder: TempFolder, readonly store: SqliteKnowledgeStore) {}

  static async create(): Promise<ToolRig> {
    const folder = new TempFolder();
    const rig = new ToolRig(folder, await SqliteKnowledgeStore.open(folder.path, "house"));
    await fill(rig.store, rig.embedder, chunksFrom("house.md", HOUSE));
    return rig;
  }

  tool(embedder: Embedder | null = this.embedder, settings = SETTINGS) {
    const knowledge = new Knowledge({
      store: this.store,
      embeddings: embedder ? { of: () => embedder } : undefined,
      held: this.store,
      clock: this.clock,
      log: this.log,
    });
    const open = async () => {
      await this.opening;
      this.leases++;
      return { service: knowledge, [Symbol.dispose]: () => void this.leases-- };
    };
    return searchKnowledge(settings, open, this.clock);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
    assert.deepEqual([this.leases, this.clock.pending], [0, 0], "nothing is held");
  }
}

const context = () => toolContext(new FakeCallControl());

Deno.test("search_knowledge tells passages with source, heading and scores, best first", async () => {
  await using rig = await ToolRig.create();
  const { output, wantsResponse } = await rig.tool().run(
    { question: "Which insurance do you take?" },
    context(),
  );
  assert.equal(wantsResponse, true);
  const { passages, note } = output as { passages: Record<string, unknown>[]; note: string };
  assert.ok(passages.length >= 1 && passages.length <= SETTINGS.results);
  const { similarity, words, ...first } = passages[0];
  assert.deepEqual(first, { source: "house.md", heading: "Insurance", text: HOUSE.Insurance });
  assert.ok(Number(similarity) > 0.3 && Number(words) > 0.5);
  assert.match(note, /these passages alone/);
});

Deno.test("search_knowledge says when nothing fits", async () => {
  await using rig = await ToolRig.create();
  const { output } = await rig.tool().run({ question: "Warum schmilzt Gletschereis?" }, context());
  assert.deepEqual(output, {
    passages: [],
    note: "Nothing in the business's documents fits. Say that you do not know; do not guess.",
  });
});

Deno.test("search_knowledge goes by words alone where there is no key, and where a question is embedded too late", async () => {
  await using rig = await ToolRig.create();
  const question = "Where is the car park?";
  const keyless = await rig.tool(null).run({ question }, context());
  const stuck = new NgramEmbedder(SETTINGS.dimensions);
  const asked = Promise.withResolvers<void>();
  const never: Embedder = {
    space: stuck.space,
    dimensions: stuck.dimensions,
    embed: (_texts, signal) => {
      asked.resolve();
      return new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
    },
  };
  const late = rig.tool(never).run({ question }, context());
  await asked.promise;
  rig.clock.advance(EMBED_TIMEOUT_MS);
  const { passages } = keyless.output as { passages: Record<string, unknown>[] };
  assert.equal(passages[0].heading, "Parking");
  assert.equal(passages[0].similarity, undefined);
  assert.deepEqual((await late).output, keyless.output);
  assert.deepEqual(rig.log.events.map(({ event, attributes }) => [event, attributes]), [
    ["question_not_embedded", { call: "CA1", code: "timeout" }],
  ]);
});

Deno.test("search_knowledge finds passages by their words at once while the vectors cannot be searched", async () => {
  await using rig = await ToolRig.create();
  const notReady = new AppError("knowledge_index_not_ready", "The index is built.");
  rig.store.searchVector = () => Promise.reject(notReady);
  const { output } = await rig.tool().run({ question: "Where is the car park?" }, context());
  assert.equal((output as ReturnType<typeof toKnowledgeAnswer>).passages[0].heading, "Parking");
  assert.deepEqual(rig.log.events.map(({ event, attributes }) => [event, attributes]), [
    ["vectors_not_searched", { call: "CA1", code: "knowledge_index_not_ready" }],
  ]);
});

/** Finds any two texts alike, as some models do: half of each vector is the same. */
const ALIKE: Embedder = {
  space: "alike/128",
  dimensions: 128,
  embed: async (texts) =>
    (await new NgramEmbedder(64).embed(texts)).map((vector) =>
      normalize(Float32Array.from([...vector, 2, ...Array(63).fill(0)]))
    ),
};

Deno.test("Similarity counts from how alike the model finds any two passages", async () => {
  await using rig = await ToolRig.create();
  await fill(rig.store, ALIKE, chunksFrom("house.md", HOUSE));
  const ask = async (question: string) => {
    const settings = { ...SETTINGS, minSimilarity: 0.3, minWords: 1 };
    return (await rig.tool(ALIKE, settings).run({ question }, context())).output as ReturnType<
      typeof toKnowledgeAnswer
    >;
  };
  assert.equal((await ask("There is a car park behind our house")).passages[0].heading, "Parking");
  assert.deepEqual((await ask("xylophone")).passages, [], "its cosine to each is 0.8, and that is nothing");
});

Deno.test("Similarity counts from it too where a caller asked before there were documents", async () => {
  await using rig = await ToolRig.create();
  const tool = rig.tool(ALIKE, { ...SETTINGS, minSimilarity: 0.3, minWords: 1 });
  await tool.run({ question: "xylophone" }, context()); // of the vectors that there are, none is of this model
  await fill(rig.store, ALIKE, chunksFrom("house.md", HOUSE));
  const { output } = await tool.run({ question: "xylophone" }, context());
  assert.deepEqual((output as ReturnType<typeof toKnowledgeAnswer>).passages, []);
});

Deno.test("search_knowledge says when the documents are out of reach: cannot be opened, fails, or takes too long", async () => {
  await using rig = await ToolRig.create();
  const outOfReach = { code: "knowledge_unreachable", message: /out of reach.*cannot look it up/ };
  const { store } = rig;
  rig.opening = Promise.reject(new Error("The database is down."));
  await assert.rejects(rig.tool().run({ question: "parking" }, context()), outOfReach);
  rig.opening = Promise.resolve();
  store.searchWords = () => Promise.reject(new Error("The connection is lost."));
  await assert.rejects(rig.tool().run({ question: "parking" }, context()), outOfReach);
  const opened = Promise.withResolvers<void>();
  rig.opening = opened.promise;
  const late = rig.tool().run({ question: "parking" }, context());
  rig.clock.advance(SEARCH_TIMEOUT_MS);
  await assert.rejects(late, outOfReach);
  opened.resolve(); // what was opened too late is let go
  await new Promise((resolve) => setTimeout(resolve, 0));
});

Deno.test("search_knowledge stops with its call", async () => {
  await using rig = await ToolRig.create();
  const reason = new Error("The call has ended.");
  const run = rig.tool().run({ question: "parking" }, { ...context(), signal: AbortSignal.abort(reason) });
  await assert.rejects(run, reason);
});

Deno.test("search_knowledge refuses what is no question", async () => {
  await using rig = await ToolRig.create();
  for (const question of ["", "  ", 7, null, "x".repeat(MAX_QUESTION_CHARS + 1)]) {
    await assert.rejects(rig.tool().run({ question }, context()), { code: "knowledge_bad_question" });
  }
});

Deno.test("search_knowledge takes no other business from the model", async () => {
  await using rig = await ToolRig.create();
  const properties = rig.tool().parameters.properties as Record<string, unknown>;
  assert.deepEqual(Object.keys(properties), ["question"]);
  const args = { question: "Where is the car park?", businessId: "other", business: "other" };
  const { output } = await rig.tool().run(args, context());
  assert.match(JSON.stringify(output), /house\.md/);
});

Deno.test("search_knowledge tells the model what the documents are about", async () => {
  await using rig = await ToolRig.create();
  assert.match(
    rig.tool(rig.embedder, { ...SETTINGS, about: "parking and pets." }).description,
    /about: parking and pets\.$/,
  );
  assert.doesNotMatch(rig.tool().description, /about: /);
});
