import { buildBusiness } from "./build_business.ts";
import { type Business, NO_BUSINESS } from "./business.ts";
import { crossChecks } from "./cross_checks.ts";
import { parseFile, type PlacedProblem } from "./parse_file.ts";
import { type BusinessProblem, pathText } from "./problem.ts";
import { type BusinessFile, ID, MAX_INSTRUCTIONS_CHARS } from "./schema/business_file.ts";
import { SecretFiller, type SecretLookup } from "./secrets.ts";

/** What reading a business takes from outside. */
export interface ReadContext {
  secrets: SecretLookup;
  /**
   * Text of the file that the instructions are in.
   * @throws when it cannot be read
   */
  readInstructions: (path: string) => Promise<string>;
}

/** What became of a file. */
export type ReadBusiness = { readonly business: Business } | {
  readonly problems: readonly BusinessProblem[];
};

/**
 * Reads one business from the text of its file; otherwise everything that is wrong with it.
 * @param file its name, such as `acme.json`
 */
export async function readBusiness(file: string, text: string, context: ReadContext): Promise<ReadBusiness> {
  const parsed = parseFile(text);
  if ("problems" in parsed) return placed(file, parsed.problems);
  const problems = crossChecks(parsed);
  const id = file.replace(/\.json$/, "");
  problems.push(...idProblems(parsed.id ?? id, parsed.id !== undefined));
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

function idProblems(id: string, isGiven: boolean): PlacedProblem[] {
  if (!ID.test(id)) {
    const problem =
      "is missing, and the file's name is not one: it must be 1 to 64 lower-case letters, digits and dashes";
    return [{ keys: ["id"], problem }];
  }
  if (id !== NO_BUSINESS.id) return [];
  return [{ keys: ["id"], problem: `${isGiven ? "" : "by the file's name "}must not be ${NO_BUSINESS.id}` }];
}

async function instructionsOf(
  { instructions }: BusinessFile,
  { readInstructions }: ReadContext,
): Promise<string | PlacedProblem> {
  if (typeof instructions === "string") return instructions;
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
