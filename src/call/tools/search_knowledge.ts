import type { KnowledgeSettings } from "../../businesses/business.ts";
import { toKnowledgeAnswer } from "../../knowledge/answer.ts";
import { type Knowledge, MAX_QUESTION_CHARS } from "../../knowledge/knowledge.ts";
import type { Lease } from "../../services/service_kind.ts";
import type { Clock } from "../../util/clock.ts";
import { Deadline, raced } from "../../util/deadline.ts";
import { AppError } from "../../util/errors.ts";
import type { Tool } from "./tool.ts";

/** How long a search may take, with whatever has to be opened for it, in milliseconds. */
export const SEARCH_TIMEOUT_MS = 4_000;
/** The runner's own limit, which a search never reaches. */
const TOOL_TIMEOUT_MS = SEARCH_TIMEOUT_MS + 1_000;

/**
 * `search_knowledge`: finds passages in the business's documents.
 *
 * @param open opens the knowledge of the tool's own business; the model cannot choose another
 */
export function searchKnowledge(
  settings: KnowledgeSettings,
  open: () => Promise<Lease<Knowledge>>,
  clock: Clock,
): Tool {
  return {
    name: "search_knowledge",
    description:
      "Searches the business's documents. Use it before you answer a question about facts that you were " +
      `not told.${settings.about === undefined ? "" : ` The documents are about: ${settings.about}`}`,
    parameters: {
      type: "object",
      properties: {
        question: {
          type: "string",
          description: "What is to be found out, as a whole question in the documents' language.",
        },
      },
      required: ["question"],
    },
    timeoutMs: TOOL_TIMEOUT_MS,
    async run({ question }, { callSid, signal }) {
      if (typeof question !== "string" || question.trim() === "" || question.length > MAX_QUESTION_CHARS) {
        const wanted = `The question must have 1 to ${MAX_QUESTION_CHARS} characters.`;
        throw new AppError("knowledge_bad_question", wanted);
      }
      const search = async (within: AbortSignal) => {
        using lease = await open();
        const options = { signal: within, call: callSid };
        return toKnowledgeAnswer(await lease.service.search(question, settings, options));
      };
      return { output: await inTime(search, signal, clock), wantsResponse: true };
    },
  };
}

/** @throws {AppError} `knowledge_unreachable` when the search fails or takes too long */
async function inTime<Result>(
  search: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
  clock: Clock,
): Promise<Result> {
  using deadline = new Deadline(clock, SEARCH_TIMEOUT_MS, signal);
  try {
    return await raced(search(deadline.signal), deadline.signal);
  } catch (cause) {
    signal.throwIfAborted();
    const message = "The documents are out of reach at the moment. Say that you cannot look it up right now.";
    throw new AppError("knowledge_unreachable", message, { cause });
  }
}
