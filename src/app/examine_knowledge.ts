import type { Business } from "../businesses/business.ts";
import type { KnowledgeServicesOptions } from "../services/knowledge_services.ts";
import { knowledgeSize } from "../services/knowledge_size.ts";
import { messageOf } from "../util/errors.ts";
import { doubtful, type Finding, good, someOf, unknown } from "./finding.ts";

/** Businesses whose knowledge is counted; the rest are not known. */
const MAX_COUNTED = 200;

/** Whether there is something in the knowledge that businesses have switched on. */
export async function* examineKnowledge(
  options: KnowledgeServicesOptions,
  businesses: readonly Business[],
): AsyncGenerator<Finding> {
  const searching = businesses.filter(({ knowledge }) => knowledge !== null);
  const filled: string[] = [];
  for (const business of searching.slice(0, MAX_COUNTED)) {
    try {
      if (await knowledgeSize(options, business) > 0) filled.push(business.id);
      else {
        yield doubtful(
          "Knowledge",
          `switched on for ${business.id}, and empty: the model finds nothing`,
          `slimline ingest --business ${business.id} takes documents in; without any, take knowledge out of its file`,
        );
      }
    } catch (error) {
      yield unknown("Knowledge", `that of ${business.id} cannot be read: ${messageOf(error)}`);
    }
  }
  if (filled.length > 0) yield good("Knowledge", `there is some for ${someOf(filled)}`);
  const uncounted = searching.length - MAX_COUNTED;
  if (uncounted > 0) yield unknown("Knowledge", `that of ${uncounted} more businesses was not looked at`);
}
