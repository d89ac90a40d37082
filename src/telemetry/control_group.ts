import { readSystemFiles } from "./system_file.ts";

/**
 * Memory that the process's control group and those above it leave to it, in bytes; undefined where none sets a limit, or
 * nothing of it can be read. Node's `process.constrainedMemory()` tells the same, but loading `process` takes 0.8 MB that
 * stay.
 */
export async function controlGroupLimit(): Promise<number | undefined> {
  try {
    const groups = await readSystemFiles([`/proc/${Deno.pid}/cgroup`]);
    const paths = limitFiles(groups);
    return paths.length === 0 ? undefined : leastLimit(await readSystemFiles(paths));
  } catch {
    return undefined; // another system than Linux, or not permitted
  }
}

/**
 * The files that hold the limits, by the text of `/proc/PID/cgroup` (cgroups(7)). A container may see its own group as the
 * root, or be told a path that only its host can find: so each group on the way from the root is asked.
 */
export function limitFiles(groups: string): string[] {
  const files: string[] = [];
  for (const line of groups.split("\n")) {
    const [, hierarchy, controllers, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const isV2 = hierarchy === "0" && controllers === "";
    if (!isV2 && !controllers.split(",").includes("memory")) continue;
    const [root, file] = isV2
      ? ["/sys/fs/cgroup", "memory.max"]
      : ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"];
    let folder = root;
    files.push(`${folder}/${file}`);
    for (const name of path.split("/").filter((part) => part !== "")) {
      folder += `/${name}`;
      files.push(`${folder}/${file}`);
    }
  }
  return files;
}

/** The least of the limits that files of limits hold. `max` (v2) and absurdly large numbers (v1) stand for none. */
export function leastLimit(limits: string): number | undefined {
  const numbers = limits.split("\n").filter((line) => /^\d+$/.test(line)).map(Number);
  const least = Math.min(...numbers);
  return least < NO_LIMIT ? least : undefined;
}

/** What version 1 answers where no limit is set is some pages less than 2^63. */
const NO_LIMIT = 2 ** 62;
