import type { Log } from "../observability/log.ts";
import { writeWholeText } from "../util/durable_files.ts";
import { messageOf } from "../util/errors.ts";
import { toHex } from "../util/hmac.ts";
import { isLoopback } from "../util/loopback.ts";
import { makePrivateFolder } from "../util/private_files.ts";

/** Name of the file in `DATA_DIR`. */
const FILE = "admin-token";

/** What `serve` makes where no `ADMIN_TOKEN` is set. */
export interface MadeOperators {
  readonly adminToken: string;
  /** Of the sign-in link: it works once, so that the token itself is in no address. */
  readonly signInCode: string;
}

/**
 * Makes a token for operators, and keeps it for this machine's commands in a file that only this user can
 * read. Each start makes a new one.
 */
export async function makeOperators(dataDir: string, log: Log): Promise<MadeOperators> {
  const made = { adminToken: randomText(), signInCode: randomText() };
  const path = `${dataDir}/${FILE}`;
  try {
    await makePrivateFolder(dataDir);
    await writeWholeText(path, `${made.adminToken}\n`, `${path}.${crypto.randomUUID()}`);
  } catch (error) {
    log.warn("admin_token_not_written", { path, message: messageOf(error) });
  }
  return made;
}

/** Removes the file when its server stops, unless another start has written it anew. Never rejects. */
export async function forgetOperators(dataDir: string, { adminToken }: MadeOperators): Promise<void> {
  const path = `${dataDir}/${FILE}`;
  try {
    if ((await Deno.readTextFile(path)).trim() === adminToken) await Deno.remove(path);
  } catch {
    // it was never written, or is gone
  }
}

/**
 * Prints where operators sign in: on standard error, once, and apart from the log, which may be sent
 * anywhere.
 */
export function printSignInLink({ signInCode }: MadeOperators, host: string, port: number): void {
  const isAny = host === "0.0.0.0" || host === "::" || isLoopback(host);
  const name = isAny ? "localhost" : host.includes(":") ? `[${host}]` : host;
  console.error(
    `Sign in within an hour, once: http://${name}:${port}/dashboard/sign-in?code=${signInCode}\n` +
      "ADMIN_TOKEN is not set; DATA_DIR/admin-token has the token of this start.",
  );
}

/**
 * The token to send to a server: what is configured, or what a server on this machine has written. Undefined
 * when there is neither.
 *
 * @param server its URL; the file is for loopback alone
 */
export async function findAdminToken(
  { adminToken, dataDir }: { adminToken?: string; dataDir?: string },
  server: string,
): Promise<string | undefined> {
  if (adminToken !== undefined || dataDir === undefined) return adminToken;
  if (!isLoopback(URL.parse(server)?.hostname ?? "")) return undefined;
  try {
    return (await Deno.readTextFile(`${dataDir}/${FILE}`)).trim() || undefined;
  } catch {
    return undefined; // none was written, or another user's
  }
}

/** 256 bits, as 64 hexadecimal digits. */
function randomText(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(32)).buffer);
}
