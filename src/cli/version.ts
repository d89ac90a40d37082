import project from "../../deno.json" with { type: "json" };

/** Version of this program. */
export const VERSION: string = project.version;

/**
 * Oldest Deno that `deno run` is supported with. Older ones work in part; a compiled program brings its own.
 */
const OLDEST_DENO = [2, 9, 5];

/** Warns on standard error when the runtime is older than what the program is tested with. */
export function warnOfOldRuntime(): void {
  // An executable was tested with the runtime that it brings, and its user cannot change it.
  if (Deno.build.standalone || !isOlder(Deno.version.deno, OLDEST_DENO)) return;
  console.error(
    `Warning: this is Deno ${Deno.version.deno}; Slimline is made for ${OLDEST_DENO.join(".")} or newer. ` +
      "It falls back where it can, but is slower and less tested. `npm install -g deno` brings a new one.",
  );
}

/** True when `version` ("2.4.2", "2.9.6+abc") comes before `least`. */
export function isOlder(version: string, least: readonly number[]): boolean {
  const parts = version.split(/[.+-]/, 3).map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}
