import { businessProblems } from "../../app.ts";
import { type ConfigError, type LoadOptions, readFields } from "../../config/config.ts";

/** Everything that keeps a server from starting, so that one correction round is enough: of the business files too. */
export async function allProblems(error: ConfigError, env: LoadOptions["env"]): Promise<string> {
  const { businesses } = readFields(env).raw;
  const problems = businesses === undefined ? [] : await businessProblems(businesses);
  if (problems.length === 0) return error.message;
  return [error.message, `The business files in ${businesses} have problems:`, ...problems.map(indented)]
    .join(
      "\n",
    );
}

function indented(line: string): string {
  return `  ${line}`;
}
