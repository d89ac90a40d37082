import type { Spool } from "./spool.ts";

/**
 * Deletes the last text of the group that takes up most bytes of a full spool, so that no group has room at
 * the cost of another.
 *
 * @param groupOf the group of a text, by its name
 * @param forGroup whose next text needs room
 * @returns the name of what was deleted; undefined when that group itself takes up most
 */
export async function makeRoom(
  spool: Pick<Spool, "waiting" | "remove">,
  groupOf: (name: string) => string,
  forGroup: string,
): Promise<string | undefined> {
  const groups = [...Map.groupBy(spool.waiting, ([name]) => groupOf(name))].map(([group, texts]) => ({
    group,
    bytes: texts.reduce((sum, [, bytes]) => sum + bytes, 0),
    last: texts.map(([name]) => name).sort().at(-1),
  }));
  const [largest] = groups.sort((a, b) => b.bytes - a.bytes);
  if (largest?.last === undefined || largest.group === forGroup) return undefined;
  await spool.remove(largest.last);
  return largest.last;
}
