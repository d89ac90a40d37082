import * as v from "valibot";
import { AppError } from "../util/errors.ts";
import { sameData } from "../util/same_data.ts";
import { type Business, deepFreeze, DEFAULT_BUSINESS, NO_BUSINESS } from "./business.ts";
import { crossChecks } from "./cross_checks.ts";
import { readDescription } from "./description_text.ts";
import { type BusinessProblem, pathText, type PlacedProblem } from "./problem.ts";
import {
  BUSINESS_FILE,
  BUSINESS_ID,
  type BusinessFile,
  MAX_INSTRUCTIONS_CHARS,
} from "./schema/business_file.ts";
import { SecretFiller, type SecretLookup } from "./secrets.ts";

/** What reading a business needs from outside. */
export interface ReadContext {
  secrets: SecretLookup;
  /** The id of a business that gives none itself, and where that comes from, such as `the file's name`. */
  named: { readonly id: string; readonly by: string };
  /**
   * The text of the file that holds the instructions. Undefined: there are no files where this business is
   * described.
   * @throws when it cannot be read
   */
  readInstructions?: (path: string) => Promise<string>;
  /**
   * Where a file is that the business names. Undefined: there are no files where this business is described.
   * @throws when it is not there, or not below the folder
   */
  findFile?: (path: string) => Promise<string>;
}

/** The business of a description, or what is wrong with it. */
export type ReadBusiness = { readonly business: Business } | {
  readonly problems: readonly BusinessProblem[];
};

/**
 * Reads one business from the text that describes it, or finds everything that is wrong with it.
 * @param file the name of the description, such as `acme.json`, whose ending tells JSON from YAML
 */
export async function readBusiness(file: string, text: string, context: ReadContext): Promise<ReadBusiness> {
  const description = await readDescription(file, text);
  if ("problem" in description) return placed(file, [{ keys: [], problem: description.problem }]);
  const parsed = checkForm(description.data);
  if ("problems" in parsed) return placed(file, parsed.problems);
  const problems = crossChecks(parsed);
  const { id } = context.named;
  problems.push(...idProblems(parsed.id, context.named));
  const instructions = await loadInstructions(parsed, context);
  if (typeof instructions !== "string") problems.push(instructions);
  const holdWords = await findHoldWords(parsed, context, problems);
  const secrets = new SecretFiller(context.secrets);
  const business = buildBusiness(
    { ...parsed, ...holdWords && { holdWords } },
    id,
    typeof instructions === "string" ? instructions : "",
    secrets,
  );
  problems.push(...secrets.problems);
  return problems.length === 0 ? { business } : placed(file, problems);
}

function placed(file: string, problems: readonly PlacedProblem[]): ReadBusiness {
  return { problems: problems.map(({ keys, problem }) => ({ file, path: pathText(keys), problem })) };
}

function idProblems(given: string | undefined, { id, by }: ReadContext["named"]): PlacedProblem[] {
  if (!BUSINESS_ID.test(given ?? id)) {
    const problem =
      `is missing, and ${by} is not one: it must be 1 to 64 lower-case letters, digits and dashes`;
    return [{ keys: ["id"], problem }];
  }
  if ((given ?? id) !== NO_BUSINESS.id) return [];
  const origin = given === undefined ? `by ${by} ` : "";
  return [{ keys: ["id"], problem: `${origin}must not be ${NO_BUSINESS.id}` }];
}

async function loadInstructions(
  { instructions }: BusinessFile,
  { readInstructions }: ReadContext,
): Promise<string | PlacedProblem> {
  if (typeof instructions === "string") return instructions;
  if (readInstructions === undefined) {
    return { keys: ["instructions"], problem: "must be a text: there are no files where this is" };
  }
  const keys = ["instructions", "file"];
  let text: string;
  try {
    text = (await readInstructions(instructions.file)).trim();
  } catch (error) {
    const isCoded = error instanceof AppError && error.code === "text_encoding";
    return isCoded
      ? { keys, problem: TEXT_WANTED }
      : { keys, problem: `must be a file that can be read, but ${instructions.file} cannot` };
  }
  if (text.length >= 1 && text.length <= MAX_INSTRUCTIONS_CHARS) return text;
  return { keys, problem: `must be a file of 1 to ${MAX_INSTRUCTIONS_CHARS} characters` };
}

/** The sentences for callers who wait, each file by its place on this machine. */
async function findHoldWords(
  { holdWords }: BusinessFile,
  { findFile }: ReadContext,
  problems: PlacedProblem[],
): Promise<BusinessFile["holdWords"]> {
  if (!holdWords) return undefined;
  const found: typeof holdWords = [];
  // One after the other, so that problems come in the order of the file.
  for (const [index, sentence] of holdWords.entries()) {
    found.push(sentence);
    if (typeof sentence === "string") continue;
    const problem = (problem: string, ...keys: string[]) =>
      problems.push({ keys: ["holdWords", index, ...keys], problem });
    try {
      if (findFile) found[index] = { ...sentence, file: await findFile(sentence.file) };
      else problem("must be a text: there are no files where this is");
    } catch {
      problem(`must be a file that can be read, but ${sentence.file} cannot`, "file");
    }
  }
  return found;
}

/**
 * A round finds one unknown field in each object; a file with more of them than this has enough to correct.
 */
const MAX_ROUNDS = 50;

/** Said of a file in another encoding. */
export const TEXT_WANTED = "must be a text in UTF-8, or in UTF-16 with a byte order mark";

/** Checks the form of what a description says, or finds everything that is wrong with it. */
function checkForm(json: unknown): BusinessFile | { problems: PlacedProblem[] } {
  const tooMuch = excessOf(json);
  if (tooMuch !== undefined) return { problems: [{ keys: [], problem: tooMuch }] };
  const problems = new Map<string, PlacedProblem>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const result = v.safeParse(BUSINESS_FILE, json);
    if (result.success) {
      return problems.size === 0 ? result.output : { problems: [...problems.values()] };
    }
    let hasUnknown = false;
    for (const issue of result.issues.flatMap(innermostIssues)) {
      const keys = issue.path?.map(({ key }) => key) ?? [];
      // One problem for each value is enough: what is not a number is not a whole number either.
      const place = JSON.stringify(keys);
      if (!problems.has(place)) problems.set(place, { keys, problem: issue.message });
      hasUnknown ||= issue.expected === "never" && removeField(json, keys);
    }
    if (!hasUnknown) break;
  }
  return { problems: [...problems.values()] };
}

/**
 * Values that a description may have in all, and entries of one list. Each that does not fit takes some 70 µs
 * to be told of, while the calls of all businesses wait. No list of ours may have more than 1,000.
 */
const MAX_VALUES = 20_000;
const MAX_LIST_ENTRIES = 2_000;

/** What is too much in a description, found before anything else is looked at. */
function excessOf(json: unknown): string | undefined {
  const left = [json];
  let count = 0;
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value) && value.length > MAX_LIST_ENTRIES) {
      return `must have no list of more than ${MAX_LIST_ENTRIES} entries`;
    }
    const inner = Object.values(value);
    count += inner.length;
    if (count > MAX_VALUES) return `must have at most ${MAX_VALUES} values`;
    left.push(...inner);
  }
}

/** The problems of a union are those of the form that was meant, where it is clear which one that is. */
function innermostIssues(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown>[] {
  const inner = issue.type === "union" && typeof issue.input === "object" ? issue.issues ?? [] : [];
  return inner.length > 0 && inner.every(({ path }) => path) ? inner.flatMap(innermostIssues) : [issue];
}

/** Removes an unknown field, so that the next round finds the next one. */
function removeField(json: unknown, keys: readonly unknown[]): boolean {
  let holder = json as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) holder = holder[key as string] as Record<string, unknown>;
  return delete holder[keys.at(-1) as string];
}

/**
 * The business that a checked file describes, its secrets filled in. Sections that say what the default
 * business says are its own objects and not copies: a thousand businesses share them.
 *
 * @param id used when the file gives none
 * @param instructions the text, wherever it came from
 */
function buildBusiness(
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
    transcription: transcription && language
      ? { ...transcription, language: transcription.language ?? language }
      : transcription,
    tools: {
      ...tools,
      http: tools.http.map((tool, index) => fillTool(tool, secrets, ["tools", "http", index])),
      mcp: secrets.fillAll(tools.mcp, ["tools", "mcp"]),
    },
    ...file.lookup && { lookup: fillTool(file.lookup, secrets, ["lookup"]) },
    records: webhook
      ? { ...file.records, webhook: fillSigningSecret(webhook, secrets, ["records", "webhook"]) }
      : file.records,
  };
  const shared = Object.entries(DEFAULT_BUSINESS).filter(([name, section]) =>
    sameData(business[name as keyof Business], section)
  );
  return deepFreeze({ ...business, ...Object.fromEntries(shared) });
}

function fillTool<Called extends { headers: Record<string, string>; signingSecret?: string | undefined }>(
  tool: Called,
  secrets: SecretFiller,
  keys: readonly unknown[],
): Called {
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
