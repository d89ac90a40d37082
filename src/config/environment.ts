import { rememberSecret } from "../util/secret_values.ts";
import { readEnvFile } from "./env_file.ts";
import { FIELDS } from "./fields.ts";

/** Variables that hold secrets, some of them several with commas between. */
const SECRET_NAME = /^BUSINESS_|_(?:KEY|TOKEN|TOKENS|SECRET)$/;
/** A password within a URL. */
const PASSWORD = /^\w[\w+.-]*:\/\/[^/@:]*:([^/@]+)@/;

/** What `.env` says, where the program has read it. */
let ofFile: ReadonlyMap<string, string> = new Map();

/**
 * Reads `.env` in the current folder, once, at the start of the program: from then on its variables count as
 * the environment's, which goes before it, even by an empty value.
 *
 * @throws {AppError} `config_invalid` when there is one that cannot be used
 */
export async function useEnvFile(): Promise<void> {
  ofFile = await readEnvFile();
}

/** What workers need of `.env`, which they do not read themselves: all have what their supervisor read. */
export function envFileVariables(): Record<string, string> {
  return Object.fromEntries([...ofFile].filter(([name, value]) => readVariable(name) === value));
}

/** The variables of {@link FIELDS} as the process has them. Only this file reads the environment. */
export function readEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.values(FIELDS).map(({ env }) => [env, readVariable(env)]));
}

/**
 * The value of one variable, also of one that a business file names. What the process may not read counts as
 * not set. Secrets are remembered, so that the log never holds them.
 */
export function readVariable(name: string): string | undefined {
  try {
    const value = Deno.env.get(name) ?? ofFile.get(name);
    if (value !== undefined) secretsIn(name, value).forEach(rememberSecret);
    return value;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

function secretsIn(name: string, value: string): string[] {
  if (SECRET_NAME.test(name)) return [value, ...value.split(",").map((part) => part.trim())];
  const password = PASSWORD.exec(value)?.[1];
  return password === undefined ? [] : [password];
}
