import { type Business, DEFAULT_KNOWLEDGE, type KnowledgeSettings } from "../businesses/business.ts";
import { problemLine } from "../businesses/problem.ts";
import type { SecretLookup } from "../businesses/secrets.ts";
import type { BusinessSource, Description } from "../businesses/source.ts";
import { configProblemLine, type LoadOptions, readFields } from "../config/config.ts";
import { FIELDS, type RawConfig } from "../config/fields.ts";
import { businessSource, sharedServices } from "../services/shared_services.ts";
import type { KnowledgeServicesOptions } from "../services/knowledge_services.ts";
import { createLog } from "../observability/log.ts";
import { AppError, messageOf } from "../util/errors.ts";
import { SystemClock } from "../util/system_clock.ts";

/** The variables that the commands about knowledge read. */
const NEEDED = [
  "openaiApiKey",
  "openaiBaseUrl",
  "embeddingModel",
  "embeddingBaseUrl",
  "embeddingApiKey",
  "dataDir",
  "mongodbUri",
  "businesses",
  "privateHosts",
] as const;

/** What a command about a business's knowledge or tools works with. */
export interface KnowledgeSetup extends AsyncDisposable {
  readonly businessId: string;
  readonly business: Business;
  /** The business's own; the defaults where it has none. */
  readonly settings: KnowledgeSettings;
  /** False: it has none, so that calls do not search yet. */
  readonly isOn: boolean;
  readonly config: RawConfig;
  readonly services: KnowledgeServicesOptions;
}

/**
 * Reads the configuration and the business's description, and makes what opens its knowledge.
 *
 * @param secrets of the business; default none is looked up, for what sends nothing anywhere
 * @throws {AppError} `wrong_setup` with everything that is wrong, a line each; `businesses_unreadable`
 */
export async function setUp(
  businessId: string,
  env: LoadOptions["env"],
  secrets: SecretLookup = () => "unused",
): Promise<KnowledgeSetup> {
  const { raw, problems } = readFields(env);
  const wrong = problems.filter((problem) => NEEDED.some((name) => FIELDS[name].env === problem.env));
  if (wrong.length > 0) throw new AppError("wrong_setup", wrong.map(configProblemLine).join("\n"));
  const config = raw as RawConfig;
  const [clock, log] = [new SystemClock(), createLog()];
  await using opened = new AsyncDisposableStack(); // closes what is open when the business is not there
  const services = opened.use(sharedServices(config, clock, log));
  const source = await businessSource({ config, services, secrets, clock, log });
  const business = await findBusiness(source, businessId);
  const { knowledge } = business;
  const held = opened.move();
  return {
    businessId,
    business,
    settings: knowledge ?? DEFAULT_KNOWLEDGE,
    isOn: knowledge !== null,
    config,
    services: { config, registry: services.registry, mongo: services.mongo, clock, log },
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  };
}

/** @throws {AppError} `wrong_setup` when there is no such business, or it is bad; `businesses_unreadable` */
async function findBusiness(source: BusinessSource, businessId: string): Promise<Business> {
  let description: Description | undefined;
  try {
    description = await source.read();
  } catch (cause) {
    const message = `${source.name} cannot be read: ${messageOf(cause)}`;
    throw new AppError("businesses_unreadable", message, { cause });
  }
  const good = description?.good ?? [];
  const found = good.find(({ business }) => business.id === businessId);
  if (found) return found.business;
  const ids = good.map(({ business }) => business.id);
  const known = ids.length === 0 ? "There is none there" : `There are ${ids.slice(0, 20).join(", ")}`;
  throw new AppError(
    "wrong_setup",
    [
      `${source.name} has no business "${businessId}". ${known}${ids.length > 20 ? " and others" : ""}.`,
      ...(description?.problems ?? []).map(problemLine),
    ].join("\n"),
  );
}
