import { FIELDS } from "./fields.ts";

/**
 * The variables of {@link FIELDS} as the process has them. The only place that reads the environment; a variable that
 * the process may not read counts as not set.
 */
export function readEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.values(FIELDS).map(({ env }) => [env, read(env)]));
}

function read(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
