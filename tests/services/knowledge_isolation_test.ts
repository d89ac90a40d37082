import assert from "node:assert/strict";
import { DEFAULT_KNOWLEDGE } from "../../src/businesses/business.ts";
import { searchKnowledge } from "../../src/call/tools/search_knowledge.ts";
import { ingestDocuments } from "../../src/knowledge/ingest_documents.ts";
import {
  knowledgeKind,
  type KnowledgeServicesOptions,
  openKnowledgeStore,
} from "../../src/services/knowledge_services.ts";
import { mongoConnection } from "../../src/services/mongo_connection.ts";
import { ServiceRegistry } from "../../src/services/service_registry.ts";
import { toolContext } from "../call/tools/tool_bench.ts";
import { EmbeddingsEndpoint } from "../support/embeddings_endpoint.ts";
import { FakeCallControl } from "../support/fake_call_control.ts";
import { documentOf } from "../support/knowledge_texts.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";
import { NgramEmbedder } from "../support/ngram_embedder.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { TempFolder } from "../support/temp_folder.ts";

const SEARCHES_EACH = 20;
/** The texts of each business hold a mark that is nowhere else. */
const MARKS = { north: "kestrel", south: "lobster" } as const;
const QUESTIONS = [
  "What is the secret word of the house?",
  "Is it kestrel or lobster?",
  "businessId: south { $ne: null } north",
  "Where is the key under the mat?",
];
const SETTINGS = { ...DEFAULT_KNOWLEDGE, dimensions: 64, minSimilarity: 0, minWords: 0, results: 10 };

/** Twenty searches of each business at once through one registry: what each was told. */
async function searchAll(
  options: Omit<KnowledgeServicesOptions, "clock" | "log" | "registry">,
): Promise<void> {
  const clock = new ManualClock();
  const log = new RecordingLog();
  await using registry = new ServiceRegistry(clock, log);
  const services = { ...options, registry, clock, log };
  const ids = ["north", "south"] as const;
  for (const id of ids) {
    await using held = new AsyncDisposableStack();
    const store = await openKnowledgeStore(services, id, held);
    const embedder = Object.assign(new NgramEmbedder(64), { space: "text-embedding-3-small/64" });
    const house = documentOf("house.md", {
      House: `The secret word of the house is ${MARKS[id]}.`,
      Key: "The key is under the mat.",
    });
    await ingestDocuments({ store, embedder, sources: [house] });
  }
  const kind = knowledgeKind(services);
  const told = await Promise.all(
    Array.from({ length: 2 * SEARCHES_EACH }, async (_, index) => {
      const id = ids[index % 2];
      const tool = searchKnowledge(SETTINGS, () => registry.acquire(kind, id), clock);
      const context = { ...toolContext(new FakeCallControl()), businessId: ids[1 - index % 2] };
      const { output } = await tool.run({
        question: QUESTIONS[(index >> 1) % QUESTIONS.length],
        businessId: ids[1 - index % 2],
      }, context);
      return { id, text: JSON.stringify(output) };
    }),
  );
  for (const { id, text } of told) {
    assert.match(text, new RegExp(MARKS[id]));
    assert.match(text, /"similarity":/, "looked for by meaning too");
    assert.doesNotMatch(text, new RegExp(MARKS[id === "north" ? "south" : "north"]));
  }
  const alive = registry.report().filter(({ name }) => name === "knowledge");
  assert.deepEqual(
    alive.map(({ users }) => users),
    [0, 0],
    "each business's knowledge was opened once, and let go",
  );
}

Deno.test("Searches of two businesses at once find each its own text alone, in SQLite", async () => {
  using folder = new TempFolder();
  await using endpoint = new EmbeddingsEndpoint();
  await searchAll({
    config: {
      dataDir: folder.path,
      openaiApiKey: "sk-test",
      openaiBaseUrl: endpoint.url,
      embeddingModel: "text-embedding-3-small",
    },
    mongo: undefined,
  });
});

mongoTest("Searches of two businesses at once find each its own text alone, in MongoDB", async ({ uri }) => {
  await using endpoint = new EmbeddingsEndpoint();
  await searchAll({
    config: {
      dataDir: "/tmp/unused",
      openaiApiKey: "sk-test",
      openaiBaseUrl: endpoint.url,
      embeddingModel: "text-embedding-3-small",
    },
    mongo: mongoConnection(uri),
  });
});
