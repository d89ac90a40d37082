import { buildBusiness } from "./build_business.ts";
import { type Business, NO_BUSINESS } from "./business.ts";
import { crossChecks } from "./cross_checks.ts";
import { parseFile, type PlacedProblem } from "./parse_file.ts";
import { type BusinessProblem, pathText } from "./problem.ts";
import { BUSINESS_ID, type BusinessFile, MAX_INSTRUCTIONS_CHARS } from "./schema/business_file.ts";
import { SecretFiller, type SecretLookup } from "./secrets.ts";

/** What reading a business takes from outside. */
export interface ReadContext {
  secrets: SecretLookup;
  /** The id of a business that gives none itself, and by what it has that: `the file's name`. */
  named: { readonly id: string; readonly by: string };
  /**
   * Text of the file that the instructions are in. Undefined: there are no files beside it.
   * @throws when it cannot be read
   */
  readInstructions?: (path: string) => Promise<string>;
}

/** What became of a description. */
export type ReadBusiness = { readonly business: Business } | {
  readonly problems: readonly BusinessProblem[];
};

/**
 * Reads one business from the JSON that describes it; otherwise everything that is wrong with it.
 * @param file the name of that, such as `acme.json`
 */
export async function readBusiness(file: string, text: string, context: ReadContext): Promise<ReadBusiness> {
  const parsed = parseFile(text);
  if ("problems" in parsed) return placed(file, parsed.problems);
  const problems = crossChecks(parsed);
  const { id } = context.named;
  problems.push(...idProblems(parsed.id, context.named));
  const instructions = await instructionsOf(parsed, context);
  if (typeof instructions !== "string") problems.push(instructions);
  const secrets = new SecretFiller(context.secrets);
  const business = buildBusiness(parsed, id, typeof instructions === "string" ? instructions : "", secrets);
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
  const whence = given === undefined ? `by ${by} ` : "";
  return [{ keys: ["id"], problem: `${whence}must not be ${NO_BUSINESS.id}` }];
}

async function instructionsOf(
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
  } catch {
    return { keys, problem: `must be a file that can be read, but ${instructions.file} cannot` };
  }
  if (text.length >= 1 && text.length <= MAX_INSTRUCTIONS_CHARS) return text;
  return { keys, problem: `must be a file of 1 to ${MAX_INSTRUCTIONS_CHARS} characters` };
}
