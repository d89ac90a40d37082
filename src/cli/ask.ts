import { escapeLines } from "../observability/text_line.ts";
import type { LoadOptions } from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import { type Passage, toKnowledgeAnswer } from "../knowledge/answer.ts";
import { knowledgeKind } from "../services/knowledge_services.ts";
import { EXIT, failure, parseCommand, wrongUsage } from "./arguments.ts";
import { setUp } from "./knowledge_setup.ts";

const HELP = `Usage: slimline ask --business ID [--json] "QUESTION"

Shows the passages of a business's documents that its callers' model is told for a question, best first.

  --business ID  whose knowledge, as in its file
  --json         the tool's output, word for word

Exit codes: 0 something fits, 1 nothing fits or the search failed, 2 wrong usage or configuration.`;

const OPTIONS = { business: { type: "string" }, json: { type: "boolean", default: false } } as const;

/**
 * `slimline ask`: searches as a call does.
 *
 * @param env values by variable name; default the process's
 */
export async function ask(argv: string[], env: LoadOptions["env"] = readEnvironment()): Promise<number> {
  const parsed = parseCommand({ command: "ask", args: argv, options: OPTIONS, allowPositionals: true }, HELP);
  if (typeof parsed === "number") return parsed;
  const { business, json } = parsed.values;
  const question = parsed.positionals.join(" ").trim();
  if (business === undefined || question === "") {
    return wrongUsage("ask", `${business === undefined ? "--business" : "The question"} is missing.`);
  }
  try {
    await using setup = await setUp(business, env);
    using knowledge = await setup.services.registry.acquire(knowledgeKind(setup.services), setup.businessId);
    const finding = await knowledge.service.search(question, setup.settings);
    const answer = toKnowledgeAnswer(finding);
    if (json) console.log(escapeLines(JSON.stringify(answer, undefined, 2)));
    else for (const passage of answer.passages) console.log(escapeLines(`${describe(passage)}\n`));
    if (finding.by === "words") console.error("Looked for by words alone: the question was not embedded.");
    if (answer.passages.length > 0) return EXIT.good;
    if (!json) console.error(answer.note);
    return EXIT.failed;
  } catch (error) {
    return failure(error);
  }
}

function describe({ source, heading, text, similarity, words }: Passage): string {
  const scores = [
    ...similarity === undefined ? [] : [`similarity ${similarity.toFixed(2)}`],
    ...words === undefined ? [] : [`words ${words.toFixed(2)}`],
  ];
  return `${source}${heading ? ` > ${heading}` : ""}  (${scores.join(", ")})\n${text}`;
}
