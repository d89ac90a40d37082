import { DEFAULT_KNOWLEDGE, type KnowledgeSettings } from "../../businesses/business.ts";
import { FolderSource } from "../../businesses/folder_source.ts";
import { problemLine } from "../../businesses/problem.ts";
import { type LoadOptions, readFields } from "../../config/config.ts";
import { FIELDS, type RawConfig } from "../../config/fields.ts";
import { mongoConnection } from "../../services/mongo_connection.ts";
import type { KnowledgeServicesOptions } from "../../services/knowledge_services.ts";
import { ServiceRegistry } from "../../services/service_registry.ts";
import { createLog } from "../../telemetry/log.ts";
import { AppError } from "../../util/errors.ts";
import { SystemClock } from "../../util/system_clock.ts";

/** The variables that the commands about knowledge go by. */
const NEEDED = [
  "openaiApiKey",
  "openaiBaseUrl",
  "embeddingModel",
  "dataDir",
  "mongodbUri",
  "businesses",
] as const;

/** What a command about a business's knowledge goes by. */
export interface KnowledgeSetup extends AsyncDisposable {
  readonly businessId: string;
  /** The business's own; the defaults where its file has none. */
  readonly settings: KnowledgeSettings;
  /** False: the file has none, so that calls do not search yet. */
  readonly isOn: boolean;
  readonly config: RawConfig;
  readonly services: KnowledgeServicesOptions;
}

/**
 * Reads the configuration and the business's file, and makes what opens its knowledge.
 * @throws {AppError} `wrong_setup` with everything that is wrong, a line each
 */
export async function setUp(businessId: string, env: LoadOptions["env"]): Promise<KnowledgeSetup> {
  const { raw, problems } = readFields(env);
  const wrong = problems.filter((problem) => NEEDED.some((name) => FIELDS[name].env === problem.env));
  if (wrong.length > 0) {
    const lines = wrong.map(({ env, problem, example }) =>
      `${env} ${problem}, for example ${env}=${example}`
    );
    throw new AppError("wrong_setup", lines.join("\n"));
  }
  const config = raw as RawConfig;
  const knowledge = await knowledgeOf(config.businesses, businessId);
  const clock = new SystemClock();
  const log = createLog();
  const registry = new ServiceRegistry(clock, log);
  const mongo = config.mongodbUri === undefined ? undefined : mongoConnection(config.mongodbUri);
  return {
    businessId,
    settings: knowledge ?? DEFAULT_KNOWLEDGE,
    isOn: knowledge !== null,
    config,
    services: { config, registry, mongo, clock, log },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

/** @throws {AppError} `wrong_setup` when the folder has no such business, or its file is bad */
async function knowledgeOf(folder: string, businessId: string): Promise<KnowledgeSettings | null> {
  // Nothing here is sent anywhere, so that secrets need not be there.
  const description = await new FolderSource(folder, () => "unused").read();
  const good = description?.good ?? [];
  const found = good.find(({ business }) => business.id === businessId);
  if (found) return found.business.knowledge;
  const ids = good.map(({ business }) => business.id);
  const known = ids.length === 0 ? "There is none there" : `There are ${ids.slice(0, 20).join(", ")}`;
  throw new AppError(
    "wrong_setup",
    [
      `${folder} has no business "${businessId}". ${known}${ids.length > 20 ? " and others" : ""}.`,
      ...(description?.problems ?? []).map(problemLine),
    ].join("\n"),
  );
}
