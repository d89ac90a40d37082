import type { Business, KnowledgeSettings } from "../../businesses/business.ts";
import { FolderSource } from "../../businesses/folder_source.ts";
import { problemLine } from "../../businesses/problem.ts";
import { KNOWLEDGE_DEFAULTS } from "../../businesses/schema/knowledge.ts";
import { type LoadOptions, readFields } from "../../config/config.ts";
import type { RawConfig } from "../../config/fields.ts";
import { readSecret } from "../../config/secrets.ts";

/** What the commands about knowledge need to know. */
export interface KnowledgeSetup {
  readonly business: Business;
  /** The business's own, or the defaults where it has none. */
  readonly settings: KnowledgeSettings;
  readonly config: RawConfig;
}

/** The variables that these commands go by. */
const NEEDED: readonly (keyof RawConfig)[] = [
  "openaiApiKey",
  "openaiBaseUrl",
  "embeddingModel",
  "dataDir",
  "mongodbUri",
  "businesses",
];

/** Reads the configuration and the file of a business. @returns lines that tell what is wrong, when something is */
export async function setUp(businessId: string, env: LoadOptions["env"]): Promise<KnowledgeSetup | string[]> {
  const { raw, problems } = readFields(env);
  const wrong = problems.filter((problem) => NEEDED.some((name) => FIELD_NAMES[name] === problem.env));
  if (wrong.length > 0) {
    return wrong.map(({ env, problem, example }) => `${env} ${problem}, for example ${env}=${example}`);
  }
  return [];
}
