import { FIELDS } from "./fields.ts";

/** The variables of {@link FIELDS} as the process has them. Only this file reads the environment. */
export function readEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.values(FIELDS).map(({ env }) => [env, readVariable(env)]));
}

/** The value of one variable, also of one that a business file names. What the process may not read counts as not set. */
export function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
