import { AppError } from "../util/errors.ts";
import { isLoopback } from "../util/loopback.ts";
import { rememberSecret } from "../util/secret_values.ts";
import { ENV_FILE, readEnvFile } from "./env_file.ts";
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
  refuseStrayKeys();
}

/** Where each key is sent. */
const SENT_TO: Readonly<Record<string, readonly string[]>> = {
  OPENAI_API_KEY: ["OPENAI_BASE_URL", "OPENAI_REALTIME_URL"],
  EMBEDDING_API_KEY: ["EMBEDDING_BASE_URL"],
  TWILIO_AUTH_TOKEN: ["TWILIO_API_URL"],
};
/** Whom keys are for, whoever says so. */
const KEY_OWNERS = /^(?:.+\.)?(?:openai|twilio)\.com$/;

/**
 * A `.env` in a folder that somebody else has made, such as a checkout, must not have the keys of whoever
 * starts a command there sent elsewhere.
 */
function refuseStrayKeys(): void {
  for (const [key, urls] of Object.entries(SENT_TO)) {
    const own = ofProcess(key);
    if (!own || own === ofFile.get(key)) continue;
    for (const url of urls) {
      const places = ofProcess(url) === undefined ? ofFile.get(url) : undefined;
      if (!places || places.split(",").every(mayHaveKeys)) continue;
      throw new AppError(
        "config_invalid",
        `${ENV_FILE} says by ${url} where ${key} is sent, and the key itself is the environment's: put both ` +
          "in the same place.",
      );
    }
  }
}

/** Whether keys from anywhere may be sent there. What is no URL is told of when it is read. */
function mayHaveKeys(place: string): boolean {
  const url = URL.parse(place.trim());
  return url === null || isLoopback(url.hostname) ||
    (/^(?:https|wss):$/.test(url.protocol) && KEY_OWNERS.test(url.hostname));
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

/** The value that the process was started with. */
function ofProcess(name: string): string | undefined {
  try {
    return Deno.env.get(name);
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
