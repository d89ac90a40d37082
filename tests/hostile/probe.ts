import assert from "node:assert/strict";

/** Tries each of `attempts`, and tells those that the runtime did not refuse. */
const TRY = `
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
globalThis.addEventListener("error", (event) => event.preventDefault());
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    await attempt();
    console.log(name + ": done");
  } catch (error) {
    if (!/NotCapable/.test(error.name) && !/Requires .* access|NotCapable/.test(error.message)) {
      console.log(name + ": " + error.name + ": " + error.message);
    }
  }
}
console.log("tried " + Object.keys(attempts).length);
Deno.exit();
`;

/**
 * Runs code as somebody would who got it into a process with these permissions.
 * @param code makes `attempts`: functions by name, each of which the runtime should refuse
 * @param before run first, as `serve` does
 * @returns what was not refused
 */
export async function probe(flags: readonly string[], code: string, before = ""): Promise<string[]> {
  const folder = await Deno.makeTempDir({ prefix: "probe-" });
  try {
    const file = `${folder}/probe.ts`;
    await Deno.writeTextFile(file, before + code + TRY);
    const { stdout, stderr } = await new Deno.Command("deno", {
      args: ["run", "--quiet", "--no-check", "--no-prompt", "--config", "deno.json", ...flags, file],
      stdin: "null",
    }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    const attempts = code.match(/^ {2}"[^"]+": (async )?\(\) =>/gm)?.length;
    assert.equal(lines.at(-1), `tried ${attempts}`, new TextDecoder().decode(stderr));
    return lines.slice(0, -1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
