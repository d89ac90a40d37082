// `deno task compile` makes dist/slimline: the whole program as one executable, with its permissions and V8 flags baked in.
//
// An executable holds what is embedded in it in memory, byte for byte. So the modules are bundled first, which leaves
// behind whatever nobody imports, and split at every dynamic import, so that a command loads its own code only. Libraries
// that few processes use are compressed (pack.ts).
// What serve holds when idle, in MB (Deno 2.4.2): not bundled 66.5, one file 65.8, split 58.4, split and minified 57.5.
// That last step would cost the names in stack traces.
//
// Options: --output FILE, --compiler DENO (another Deno to compile with), --target, as `deno compile` has it, and --allow-net
// HOSTS: the only ones that the executable may reach beside this machine, as `deno task network` prints them. An older
// compiler makes an executable with an older runtime: CONTRIBUTING.md says which one the sources still serve, and why.

import { parseArgs } from "node:util";
import { SERVER_FLAGS } from "../src/cli/self.ts";
import { makeLean } from "./lean_code.ts";
import { packLargeChunks } from "./pack.ts";
import { executablePermissions } from "./permissions.ts";

/**
 * All that is embedded has to fit into this; more means that something large has slipped in. It was 5.05 MB on
 * 30 November 2026.
 */
const MAX_BUNDLE_BYTES = 5.5 * 2 ** 20;
const BUNDLE = "dist/bundle";
/** Runs beside the program: what no module imports. */
const WORKER = "src/knowledge/readers/read_worker.ts";

/** There is no executable, for a reason that whoever builds it can do something about. */
class BuildError extends Error {}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    output: { type: "string", default: "dist/slimline" },
    compiler: { type: "string", default: "deno" },
    target: { type: "string" },
    "allow-net": { type: "string" },
  },
});

try {
  await bundle();
  await compile(values.output, values.compiler, values.target);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  Deno.exit(1);
}
const { size } = await Deno.stat(values.output);
console.log(`${values.output}: ${megabytes(size)}, of which the program is ${megabytes(bundledBytes())}`);

async function bundle(): Promise<void> {
  await Deno.remove(BUNDLE, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await run("deno", [
    "bundle",
    "--quiet",
    "--platform=deno",
    "--code-splitting",
    `--outdir=${BUNDLE}`,
    "main.ts",
    WORKER,
  ]);
  // Where reading_apart.ts looks for it: beside itself, and the bundler puts modules of any folder there.
  await Deno.writeTextFile(`${BUNDLE}/read_worker.js`, `import "./${WORKER.replace(/\.ts$/, ".js")}";\n`);
  await run("deno", [
    "bundle",
    "--quiet",
    "--platform=deno",
    `--output=${BUNDLE}/packed_chunk.js`,
    "build/packed_chunk.ts",
  ]);
  await makeLean(BUNDLE);
  await packLargeChunks(BUNDLE);
  if (bundledBytes() > MAX_BUNDLE_BYTES) {
    throw new BuildError(
      `The bundle has ${megabytes(bundledBytes())}, and ${
        megabytes(MAX_BUNDLE_BYTES)
      } is the limit: see ${BUNDLE}.`,
    );
  }
}

async function compile(output: string, compiler: string, target: string | undefined): Promise<void> {
  await run(compiler, [
    "compile",
    "--quiet",
    // The bundle needs neither: nothing is left to resolve, and its source has been checked.
    "--no-config",
    "--no-check",
    "--no-prompt",
    ...executablePermissions(values["allow-net"]),
    // Without `--no-code-cache` the executable would trust what it finds in a file of the temporary directory.
    ...SERVER_FLAGS.filter((flag) => !flag.startsWith("--permission-set")),
    ...await hasTemporal(compiler) ? [] : ["--unstable-temporal"],
    ...target === undefined ? [] : [`--target=${target}`],
    `--include=${BUNDLE}`,
    `--output=${output}`,
    `${BUNDLE}/main.js`,
  ]);
}

/** Whether a Deno, and so the runtime of what it compiles, has `Temporal` without being asked for it. */
async function hasTemporal(compiler: string): Promise<boolean> {
  const args = ["eval", "--no-config", `Deno.exit("Temporal" in globalThis ? 0 : 1)`];
  return (await new Deno.Command(compiler, { args, stdin: "null" }).spawn().status).success;
}

/** @throws {BuildError} when the command fails; it has said why on standard error */
async function run(command: string, args: string[]): Promise<void> {
  const { code } = await new Deno.Command(command, { args }).spawn().status;
  if (code === 0) return;
  const hint = args[0] === "compile"
    ? " It needs Deno's runtime for executables, which it downloads from dl.deno.land at its first use."
    : "";
  throw new BuildError(`${command} ${args[0]} failed with exit code ${code}.${hint}`);
}

function bundledBytes(): number {
  return Deno.readDirSync(BUNDLE).reduce((sum, { name }) => sum + Deno.statSync(`${BUNDLE}/${name}`).size, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
