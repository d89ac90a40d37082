import type { Business } from "../businesses/business.ts";
import { ignoreGone } from "../util/disk_errors.ts";
import { type KnowledgeServicesOptions, openKnowledgeStore } from "./knowledge_services.ts";

/**
 * How many passages the knowledge of a business holds. Makes nothing where there is none.
 *
 * @throws {AppError} when it cannot be read
 */
export async function knowledgeSize(options: KnowledgeServicesOptions, { id }: Business): Promise<number> {
  if (
    options.mongo === undefined && !options.openStore &&
    !await ignoreGone(Deno.stat(`${options.config.dataDir}/knowledge/${id}.sqlite`))
  ) {
    return 0;
  }
  await using held = new AsyncDisposableStack();
  const { chunks } = await (await openKnowledgeStore(options, id, held)).size(undefined);
  return chunks;
}
