import type { Config } from "../config/config.ts";
import type { Embeddings } from "../knowledge/embedder.ts";
import { Knowledge } from "../knowledge/knowledge.ts";
import type { KnowledgeStore } from "../knowledge/knowledge_store.ts";
import { loadOpenAiEmbeddings } from "../knowledge/openai_embedder.ts";
import type { Log } from "../telemetry/log.ts";
import type { Clock } from "../util/clock.ts";
import type { ServiceKind } from "./service_kind.ts";
import type { ServiceRegistry } from "./service_registry.ts";

/** How long knowledge that nobody asks stays open: a call's pauses are shorter, and opening takes a moment. */
export const KNOWLEDGE_IDLE_MS = 5 * 60_000;
/** OpenAI's answer to a question of a caller who waits; after that words alone are looked for. */
const QUESTION_TIMEOUT_MS = 3_000;

/** What the knowledge of the businesses is opened with. */
export interface KnowledgeServicesOptions {
  readonly config: Pick<Config, "dataDir" | "openaiBaseUrl" | "embeddingModel"> & { openaiApiKey?: string };
  readonly registry: ServiceRegistry;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where the files of the embedded store are. */
export function knowledgeFolder(dataDir: string): string {
  return `${dataDir}/knowledge`;
}

/** Opens the store of a business, and loads its code. */
async function openStore(
  { dataDir }: KnowledgeServicesOptions["config"],
  id: string,
): Promise<KnowledgeStore> {
  const { SqliteKnowledgeStore } = await import("../knowledge/sqlite/sqlite_store.ts");
  return SqliteKnowledgeStore.open(knowledgeFolder(dataDir), id);
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

/** The knowledge of one business at a time, by its id. Without a key it is searched by words alone. */
export function knowledgeKind({ config, registry, clock, log }: KnowledgeServicesOptions): ServiceKind<Knowledge> {
  const openai = config.openaiApiKey === undefined ? undefined : openaiKind(config, config.openaiApiKey);
  return {
    name: "knowledge",
    idleMs: KNOWLEDGE_IDLE_MS,
    async create(businessId) {
      if (businessId === undefined) throw new TypeError("Knowledge belongs to a business.");
      await using held = new AsyncDisposableStack(); // releases what is open already when a later step throws
      const embeddings = openai && held.use(await registry.acquire(openai)).service;
      const store = held.use(await openStore(config, businessId));
      const business = log.with({ business: businessId });
      return new Knowledge({ store, embeddings, held: held.move(), clock, log: business });
    },
    close: (knowledge) => knowledge[Symbol.asyncDispose](),
  };
}
