// Prints what `deno task serve` is to run: the server bundled, which is made anew when a source has changed.
//
// `deno run main.ts` holds the source of each module with its source map, and a graph of all modules, those of other commands
// included: 9 MB that a bundle of `serve` alone does without. Where none can be made (no network for the bundler at its first
// use, a folder that is read-only), this prints main.ts, and says why on standard error.

import { makeLean } from "./lean_code.ts";

const OUT = "dist/server";
const ENTRY = "build/serve_entry.ts";
/** What goes into the bundle; a change of it makes another. */
const SOURCES = ["src", ENTRY, "build/server_bundle.ts", "build/lean_code.ts", "deno.json", "deno.lock"];
/** Loaded on first use by whoever configured it: they stay packages, which the runtime loads. */
const PACKAGES = [
  "openai",
  "mongodb",
  "@alexanderolsen/libsamplerate-js",
  "libphonenumber-js/max",
  "libphonenumber-js/metadata.min",
];

if (import.meta.main) console.log(await serverProgram());

/** The file to run. Never rejects. */
async function serverProgram(): Promise<string> {
  try {
    const folder = `${OUT}/${await digest()}`;
    const main = `${folder}/main.js`;
    if (!await exists(main)) await make(folder);
    return main;
  } catch (error) {
    console.error(`The server runs without a bundle, in 9 MB more: ${(error as Error).message}`);
    return "main.ts";
  }
}

async function make(folder: string): Promise<void> {
  await Deno.mkdir(OUT, { recursive: true });
  const made = await Deno.makeTempDir({ dir: OUT, prefix: "new-" });
  try {
    await deno(
      "bundle",
      "--quiet",
      "--platform=deno",
      "--code-splitting",
      ...PACKAGES.map((name) => `--external=${name}`),
      `--outdir=${made}`,
      ENTRY,
    );
    for await (const { name } of Deno.readDir(made)) {
      const code = await Deno.readTextFile(`${made}/${name}`);
      await Deno.writeTextFile(`${made}/${name}`, PACKAGES.reduce(asUnforeseen, code));
    }
    await makeLean(made);
    await Deno.rename(`${made}/serve_entry.js`, `${made}/main.js`);
    await Deno.rename(made, folder);
  } catch (error) {
    await Deno.remove(made, { recursive: true }).catch(() => {});
    if (!await exists(`${folder}/main.js`)) throw error; // else another start was quicker
  }
  // A server that met these modules first would hold what the runtime takes to learn of them as long as it runs.
  await deno("cache", "--quiet", `${folder}/main.js`);
  for await (const { name } of Deno.readDir(OUT)) { // a running server has read all of its own
    if (!folder.endsWith(name) && !name.startsWith("new-")) {
      await Deno.remove(`${OUT}/${name}`, { recursive: true });
    }
  }
}

/** A package that the runtime sees in an `import()` it resolves at the start, whether it will be loaded or not. */
function asUnforeseen(code: string, name: string): string {
  return code.replaceAll(`import("${name}")`, `import(String("${name}"))`);
}

/** @throws {Error} with what it said, when it fails */
async function deno(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("deno", { args, stdin: "null", stdout: "null" })
    .output();
  if (!success) throw new Error(`deno ${args[0]} failed. ${new TextDecoder().decode(stderr).trim()}`);
}

/** Of all that goes into the bundle, and of the runtime. */
async function digest(): Promise<string> {
  const parts = [Deno.version.deno];
  for (const path of SOURCES) await addFiles(path, parts);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\0")));
  return new Uint8Array(hash).slice(0, 8).toHex();
}

async function addFiles(path: string, parts: string[]): Promise<void> {
  if (!(await Deno.stat(path)).isDirectory) {
    parts.push(path, await Deno.readTextFile(path));
    return;
  }
  const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
  for (const name of names) await addFiles(`${path}/${name}`, parts);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
