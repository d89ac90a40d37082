// `deno task mutants`: changes the program in one place at a time and looks whether a test notices. Works on copies in
// /tmp, and exits with 1 when a mutant survived that is not known to be equivalent.

import { parseArgs } from "node:util";
import { EQUIVALENT, type Equivalent } from "./equivalent.ts";
import { findMutants, type Mutant } from "./find_mutants.ts";
import { TARGETS } from "./targets.ts";
import { Workspace } from "./workspace.ts";

const USAGE = `deno task mutants [--files NAME,…] [--sample N] [--jobs N] [--minutes N]

  --files    only files whose path has one of these in it
  --sample   only N of the mutants, the same ones each time
  --jobs     how many at a time (default: one for each CPU)
  --minutes  ends after this time, and says what was left out (default 60)`;

/** What the tests may take, beyond three times of what they take of the program itself. A mutant may loop for ever. */
const GRACE_MS = 5_000;
const BASELINE_TIMEOUT_MS = 120_000;

/** Spreads a sample evenly over all files, and keeps it when some other line changes. FNV-1a. */
function hash({ file, code, change }: Mutant): number {
  let value = 0x811c9dc5;
  for (const char of file + code + change) {
    value = Math.imul(value ^ char.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return value;
}

function isSame(mutant: Mutant, known: Equivalent): boolean {
  return mutant.file === known.file && mutant.within === known.within && mutant.code === known.code &&
    mutant.change === known.change;
}

function isUnexpected(mutant: Mutant): boolean {
  return !EQUIVALENT.some((known) => isSame(mutant, known));
}

function describe({ file, line, column, within, code, change }: Mutant): string {
  return `${file}:${line}:${column}  ${within}: ${change} in ${code}`;
}

/** Runs `work` on all items, so many at a time, each in a workspace. */
async function inWorkspaces<Item>(
  items: readonly Item[],
  jobs: number,
  work: (item: Item, workspace: Workspace) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, async () => {
    using workspace = new Workspace();
    for (const item of queue) await work(item, workspace);
  }));
}

/** Milliseconds that the tests of each file take. @throws {Error} they fail without any change */
async function baselines(files: readonly string[], jobs: number): Promise<Map<string, number>> {
  const suites = [...new Set(files.map((file) => TARGETS[file].join(" ")))];
  const tookMs = new Map<string, number>();
  await inWorkspaces(suites, jobs, async (suite, workspace) => {
    const startMs = performance.now();
    if (!await workspace.passes(suite.split(" "), BASELINE_TIMEOUT_MS)) {
      throw new Error(`${suite}: the tests fail without any mutant.`);
    }
    tookMs.set(suite, performance.now() - startMs);
  });
  return new Map(files.map((file) => [file, tookMs.get(TARGETS[file].join(" "))!]));
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      files: { type: "string" },
      sample: { type: "string" },
      jobs: { type: "string", default: String(navigator.hardwareConcurrency) },
      minutes: { type: "string", default: "60" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return console.log(USAGE), 0;
  const jobs = Number(values.jobs);
  let endMs = performance.now() + Number(values.minutes) * 60_000;
  Deno.addSignalListener("SIGINT", () => endMs = 0); // so that the copies are removed
  const names = values.files?.split(",") ?? [""];
  const files = Object.keys(TARGETS).filter((file) => names.some((name) => file.includes(name)));
  let mutants = await findMutants(files);
  const isWhole = values.sample === undefined;
  if (!isWhole) mutants = mutants.sort((a, b) => hash(a) - hash(b)).slice(0, Number(values.sample));

  const tested = files.filter((file) => mutants.some((mutant) => mutant.file === file));
  const tookMs = await baselines(tested, jobs);
  const survivors: Mutant[] = [];
  let leftOut = 0;
  await inWorkspaces(mutants, jobs, async (mutant, workspace) => {
    if (performance.now() > endMs) return void leftOut++;
    const timeoutMs = 3 * tookMs.get(mutant.file)! + GRACE_MS;
    if (!await workspace.passes(TARGETS[mutant.file], timeoutMs, mutant)) return;
    survivors.push(mutant);
    if (isUnexpected(mutant)) console.log(`survived: ${describe(mutant)}`);
  });

  const unexpected = survivors.filter(isUnexpected);
  for (const file of tested) {
    const all = mutants.filter((mutant) => mutant.file === file).length;
    const alive = survivors.filter((mutant) => mutant.file === file).length;
    console.log(`${String(all - alive).padStart(4)} of ${String(all).padStart(3)} killed  ${file}`);
  }
  const outdated = isWhole && leftOut === 0
    ? EQUIVALENT.filter((known) =>
      files.includes(known.file) && !survivors.some((mutant) => isSame(mutant, known))
    )
    : [];
  for (const { file, within, code, change } of outdated) {
    console.log(`listed as equivalent, but killed or gone: ${file}  ${within}: ${change} in ${code}`);
  }
  const known = survivors.length - unexpected.length;
  const left = leftOut === 0 ? "" : `, ${leftOut} left out for time`;
  const killed = mutants.length - survivors.length - leftOut;
  console.log(`${killed} killed, ${known} known to be equivalent, ${unexpected.length} survived${left}`);
  return unexpected.length + outdated.length > 0 ? 1 : 0;
}

Deno.exit(await main(Deno.args));
