import { sameData } from "../util/same_data.ts";
import { type Business, deepFreeze, DEFAULT_BUSINESS } from "./business.ts";
import type { BusinessFile } from "./schema/business_file.ts";
import type { SecretFiller } from "./secrets.ts";

/**
 * The business that a checked file describes, its secrets filled in. Sections that say what the default business says are
 * its own objects and not copies: a thousand businesses share them.
 *
 * @param id used when the file gives none
 * @param instructions the text, wherever it came from
 */
export function buildBusiness(
  { $schema: _, ...file }: BusinessFile,
  id: string,
  instructions: string,
  secrets: SecretFiller,
): Business {
  const { transcription, language, tools, records: { webhook } } = file;
  const business: Business = {
    ...file,
    id: file.id ?? id,
    instructions,
    transcription: transcription && language ? { language, ...transcription } : transcription,
    tools: {
      ...tools,
      http: tools.http.map((tool, index) => fillTool(tool, secrets, ["tools", "http", index])),
      mcp: secrets.fillAll(tools.mcp, ["tools", "mcp"]),
    },
    records: webhook
      ? { ...file.records, webhook: fillSigningSecret(webhook, secrets, ["records", "webhook"]) }
      : file.records,
  };
  const shared = Object.entries(DEFAULT_BUSINESS).filter(([name, section]) =>
    sameData(business[name as keyof Business], section)
  );
  return deepFreeze({ ...business, ...Object.fromEntries(shared) });
}

function fillTool(
  tool: BusinessFile["tools"]["http"][number],
  secrets: SecretFiller,
  keys: readonly unknown[],
): BusinessFile["tools"]["http"][number] {
  const headers = Object.entries(tool.headers).map(([name, value]) => [
    name,
    secrets.fillHeader(value, [...keys, "headers", name]),
  ]);
  return { ...fillSigningSecret(tool, secrets, keys), headers: Object.fromEntries(headers) };
}

function fillSigningSecret<Signed extends { signingSecret?: string | undefined }>(
  signed: Signed,
  secrets: SecretFiller,
  keys: readonly unknown[],
): Signed {
  const { signingSecret } = signed;
  if (signingSecret === undefined) return signed;
  return { ...signed, signingSecret: secrets.fill(signingSecret, [...keys, "signingSecret"]) };
}
