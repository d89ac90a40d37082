import type { Config } from "../../config/config.ts";
import { ENV_FILE } from "../../config/env_file.ts";
import { FIELDS } from "../../config/fields.ts";

/** What a process may keep. */
export interface DropOptions {
  /** It starts workers. Default false: it runs nothing. */
  startsWorkers?: boolean;
  /** Whether this is the executable, which has permissions for other commands too. Default as it is. */
  isExecutable?: boolean;
}

/**
 * Gives up, before a server listens, what it does not need of the permissions that it was started with: to
 * run anything, and in the executable files outside of its folders. Where `DATA_DIR` or `BUSINESSES` is not
 * the default, the executable keeps what is below the current directory: a permission can be given up, but
 * not narrowed.
 */
export async function dropPermissions(
  { dataDir, businesses }: Pick<Config, "dataDir" | "businesses">,
  { startsWorkers = false, isExecutable = Deno.build.standalone }: DropOptions = {},
): Promise<void> {
  if (!startsWorkers) await Deno.permissions.revoke({ name: "run" });
  await Deno.permissions.revoke({ name: "ffi" });
  await dropFolders({ dataDir, businesses }, isExecutable);
  // What it says has been read. A wider permission would go with this one: it stays.
  if (!await mayRead(".")) await Deno.permissions.revoke({ name: "read", path: ENV_FILE });
}

async function dropFolders(
  { dataDir, businesses }: Pick<Config, "dataDir" | "businesses">,
  isExecutable: boolean,
): Promise<void> {
  if (!isExecutable || !isSamePlace(dataDir, FIELDS.dataDir.default)) return;
  await Deno.permissions.revoke({ name: "write", path: "." });
  if (businesses.in === "folder" && !isSamePlace(businesses.path, FIELDS.businesses.default)) return;
  await Deno.permissions.revoke({ name: "read", path: "." });
}

async function mayRead(path: string): Promise<boolean> {
  return (await Deno.permissions.query({ name: "read", path })).state === "granted";
}

/** Whether a path is that of a default, which is written `./NAME`. */
function isSamePlace(path: string, standard: string | undefined): boolean {
  const whole = (given: string) =>
    (given.startsWith("/") ? given : `${Deno.cwd()}/${given.replace(/^\.\//, "")}`).replace(/\/+$/, "");
  return standard !== undefined && whole(path) === whole(standard);
}
