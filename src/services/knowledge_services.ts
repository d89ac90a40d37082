import type { Config } from "../config/config.ts";
import type { Embeddings } from "../knowledge/embedder.ts";
import { Knowledge } from "../knowledge/knowledge.ts";
import type { KnowledgeStore } from "../knowledge/knowledge_store.ts";
import { loadOpenAiEmbeddings } from "../knowledge/openai_embedder.ts";
import type { Log } from "../telemetry/log.ts";
import type { Clock } from "../util/clock.ts";
import type { MongoConnection } from "./mongo_connection.ts";
import type { ServiceKind } from "./service_kind.ts";
import type { ServiceRegistry } from "./service_registry.ts";

/** How long knowledge that nobody asks stays open. */
export const KNOWLEDGE_IDLE_MS = 60_000;
/** OpenAI's answer to a question of a caller who waits. */
const QUESTION_TIMEOUT_MS = 3_000;

/** What the knowledge of the businesses is opened with. */
export interface KnowledgeServicesOptions {
  readonly config: Pick<Config, "dataDir" | "openaiBaseUrl" | "embeddingModel"> & { openaiApiKey?: string };
  readonly registry: ServiceRegistry;
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
  { config, registry, mongo, clock }: KnowledgeServicesOptions,
  businessId: string,
  held: AsyncDisposableStack,
): Promise<KnowledgeStore> {
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
  const openai = config.openaiApiKey === undefined ? undefined : openaiKind(config, config.openaiApiKey);
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

/** OpenAI's client, which all businesses share. */
function openaiKind(config: KnowledgeServicesOptions["config"], apiKey: string): ServiceKind<Embeddings> {
  return {
    name: "openai",
    idleMs: KNOWLEDGE_IDLE_MS,
    create: () =>
      loadOpenAiEmbeddings({
        apiKey,
        baseUrl: config.openaiBaseUrl,
        model: config.embeddingModel,
        timeoutMs: QUESTION_TIMEOUT_MS,
        retries: 1,
      }),
  };
}
