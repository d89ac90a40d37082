import type { Business } from "../../src/businesses/business.ts";
import type { BusinessProblem } from "../../src/businesses/problem.ts";
import { problemLine } from "../../src/businesses/problem.ts";
import { readBusiness } from "../../src/businesses/read_business.ts";

/** The least that a business file holds. */
export const LEAST = { name: "Acme", numbers: ["+15550100000"], instructions: "Answer." };

/** What a file of `content` beside {@link LEAST} becomes: a business, or the lines of its problems. */
export async function readFile(
  content: Record<string, unknown>,
  env: Record<string, string> = {},
  file = "acme.json",
): Promise<Business | string[]> {
  const result = await readBusiness(file, JSON.stringify({ ...LEAST, ...content }), {
    secrets: (name) => env[name],
    named: { id: file.replace(/\.json$/, ""), by: "the file's name" },
    readInstructions: (path) =>
      path === "acme.md" ? Promise.resolve("From a file.\n") : Promise.reject(new Error("not there")),
  });
  return "business" in result ? result.business : lines(result.problems);
}

/** The business that a file must become. */
export async function businessOf(
  content: Record<string, unknown>,
  env: Record<string, string> = {},
): Promise<Business> {
  const result = await readFile(content, env);
  if (Array.isArray(result)) throw new Error(result.join("\n"));
  return result;
}

export function lines(problems: readonly BusinessProblem[]): string[] {
  return problems.map(problemLine);
}
