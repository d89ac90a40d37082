/** Modes of everything below a folder, by path, as they are read in octal. */
export function modesBelow(path: string): Record<string, string> {
  const modes: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    modes[name] = ((Deno.lstatSync(`${path}/${name}`).mode ?? 0) & 0o777).toString(8);
    if (!isDirectory) continue;
    for (const [inner, mode] of Object.entries(modesBelow(`${path}/${name}`))) {
      modes[`${name}/${inner}`] = mode;
    }
  }
  return modes;
}

/** What below a folder others may read or write, or enter. */
export function openOnes(path: string): string[] {
  return Object.entries(modesBelow(path)).filter(([, mode]) => !/^[67]00$/.test(mode)).map(([name]) => name);
}
