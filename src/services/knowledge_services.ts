import type { Config } from "../config/config.ts";
import type { Embeddings } from "../knowledge/embedder.ts";
import { Knowledge } from "../knowledge/knowledge.ts";
import type { KnowledgeStore, OpenKnowledgeStore } from "../knowledge/knowledge_store.ts";
import { loadOpenAiEmbeddings, type OpenAiEmbeddingsOptions } from "../knowledge/openai_embedder.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import type { MongoConnection } from "./mongo_connection.ts";
import type { ServiceKind } from "./service_kind.ts";
import type { ServiceRegistry } from "./service_registry.ts";

/** How long knowledge that nobody asks stays open. */
const KNOWLEDGE_IDLE_MS = 60_000;
/** OpenAI's answer to a question of a caller who waits. */
const QUESTION_PATIENCE: Patience = { timeoutMs: 3_000, retries: 1 };

/** Where texts are embedded. */
type EmbeddingConfig = Pick<Config, "openaiBaseUrl" | "embeddingModel">;
/** How long and how often an embedding is asked for. */
type Patience = Pick<OpenAiEmbeddingsOptions, "timeoutMs" | "retries">;

/** What the knowledge of the businesses is opened with. */
export interface KnowledgeServicesOptions {
  readonly config: EmbeddingConfig & Pick<Config, "dataDir"> & { openaiApiKey?: string };
  readonly registry: ServiceRegistry;
  /** Opens stores of the user's own, in place of the two below. */
  readonly openStore?: OpenKnowledgeStore;
  /** Undefined: each business's knowledge is in a file below `dataDir`. */
  readonly mongo: ServiceKind<MongoConnection> | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens the store of one business, and loads its code.
 *
 * @param held gets what the store holds, itself included
 */
export async function openKnowledgeStore(
  { config, registry, openStore, mongo, clock }: KnowledgeServicesOptions,
  businessId: string,
  held: AsyncDisposableStack,
): Promise<KnowledgeStore> {
  if (openStore) return held.use(await openStore(businessId));
  if (mongo === undefined) {
    const { SqliteKnowledgeStore } = await import("../knowledge/sqlite/sqlite_store.ts");
    return held.use(SqliteKnowledgeStore.open(`${config.dataDir}/knowledge`, businessId));
  }
  const { MongoKnowledgeStore } = await import("../knowledge/mongo/mongo_store.ts");
  const { service } = held.use(await registry.acquire(mongo));
  return held.use(new MongoKnowledgeStore(service.database, businessId, clock));
}

/** The knowledge of one business at a time, by its id. Without a key it is searched by words alone. */
export function knowledgeKind(options: KnowledgeServicesOptions): ServiceKind<Knowledge> {
  const { config, registry, clock, log } = options;
  const apiKey = config.openaiApiKey;
  const openai = apiKey === undefined ? undefined : openaiKind(config, apiKey, QUESTION_PATIENCE);
  return {
    name: "knowledge",
    idleMs: KNOWLEDGE_IDLE_MS,
    async create(businessId) {
      if (businessId === undefined) throw new TypeError("Knowledge belongs to a business.");
      await using held = new AsyncDisposableStack(); // releases what is open already when a later step throws
      const embeddings = openai && held.use(await registry.acquire(openai)).service;
      const store = await openKnowledgeStore(options, businessId, held);
      const business = log.with({ business: businessId });
      return new Knowledge({ store, embeddings, held: held.move(), clock, log: business });
    },
    close: (knowledge) => knowledge[Symbol.asyncDispose](),
  };
}

/** OpenAI's client, which all businesses share. Its package is loaded with the first use. */
export function openaiKind(
  { openaiBaseUrl: baseUrl, embeddingModel: model }: EmbeddingConfig,
  apiKey: string,
  patience: Patience,
): ServiceKind<Embeddings> {
  return {
    name: "openai",
    idleMs: KNOWLEDGE_IDLE_MS,
    create: () => loadOpenAiEmbeddings({ apiKey, baseUrl, model, ...patience }),
  };
}
