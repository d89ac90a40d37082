import type { Config } from "../config/config.ts";
import type { Embeddings } from "../knowledge/embedder.ts";
import { Knowledge } from "../knowledge/knowledge.ts";
import type { KnowledgeStore, OpenKnowledgeStore } from "../knowledge/knowledge_store.ts";
import { loadOpenAiEmbeddings, type OpenAiEmbeddingsOptions } from "../knowledge/openai_embedder.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import { onceUnlocked } from "../util/once_unlocked.ts";
import type { ServiceKind } from "./service_kind.ts";
import type { SharedServices } from "./shared_services.ts";

/** How long knowledge stays open when nobody searches it. */
const KNOWLEDGE_IDLE_MS = 60_000;
/** For a caller's question: somebody is waiting. */
const QUESTION_PATIENCE: Patience = { timeoutMs: 3_000, retries: 1 };

/** Where texts are embedded, by which model, and whose keys there are. */
type EmbeddingConfig =
  & Pick<Config, "openaiBaseUrl" | "embeddingModel">
  & { readonly [key in "openaiApiKey" | "embeddingBaseUrl" | "embeddingApiKey"]?: string | undefined };
/** How long and how often an embedding is asked for. */
type Patience = Pick<OpenAiEmbeddingsOptions, "timeoutMs" | "retries">;

/**
 * What opening the businesses' knowledge needs. Without `mongo`, each business's is in a file below
 * `dataDir`.
 */
export interface KnowledgeServicesOptions extends SharedServices {
  readonly config: EmbeddingConfig & Pick<Config, "dataDir">;
  /** Opens stores of the user's own, in place of MongoDB or files. */
  readonly openStore?: OpenKnowledgeStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens the store of one business, and loads its code.
 *
 * @param held takes over the store and what it holds
 */
export async function openKnowledgeStore(
  { config, registry, openStore, mongo, clock, log }: KnowledgeServicesOptions,
  businessId: string,
  held: AsyncDisposableStack,
): Promise<KnowledgeStore> {
  if (openStore) return held.use(await openStore(businessId));
  if (mongo === undefined) {
    const { SqliteKnowledgeStore } = await import("../knowledge/sqlite/sqlite_store.ts");
    const folder = `${config.dataDir}/knowledge`;
    const open = () => SqliteKnowledgeStore.open(folder, businessId);
    return held.use(await onceUnlocked(`${folder}/${businessId}.sqlite`, open));
  }
  const { MongoKnowledgeStore } = await import("../knowledge/mongo/mongo_store.ts");
  const { service } = held.use(await registry.acquire(mongo));
  return held.use(new MongoKnowledgeStore(service.database, businessId, clock, log));
}

/** The knowledge of a business, by its id. Where nobody embeds texts it is searched by words alone. */
export function knowledgeKind(options: KnowledgeServicesOptions): ServiceKind<Knowledge> {
  const { config, registry, clock, log } = options;
  const openai = embeddingsKind(config, QUESTION_PATIENCE);
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

/**
 * The client of the server that embeds texts, which all businesses share. Its package is loaded with the
 * first use.
 *
 * @returns undefined with neither `EMBEDDING_BASE_URL` nor OpenAI's key
 */
export function embeddingsKind(
  config: EmbeddingConfig,
  patience: Patience,
): ServiceKind<Embeddings> | undefined {
  const { openaiBaseUrl, openaiApiKey, embeddingBaseUrl, embeddingApiKey, embeddingModel: model } = config;
  // OpenAI's key is for OpenAI alone.
  const server = embeddingBaseUrl === undefined
    ? { baseUrl: openaiBaseUrl, apiKey: openaiApiKey }
    : { baseUrl: embeddingBaseUrl, apiKey: embeddingApiKey };
  if (embeddingBaseUrl === undefined && openaiApiKey === undefined) return undefined;
  return {
    name: "openai",
    idleMs: KNOWLEDGE_IDLE_MS,
    create: () => loadOpenAiEmbeddings({ ...server, model, ...patience }),
  };
}
