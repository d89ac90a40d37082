import type { Change } from "./plugin.ts";

/** A program that differs from ours in one place. */
export interface Mutant {
  /** Path from the repository's root. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
  /** The method or function with a name that it is in; empty where there is none. */
  within: string;
  /** The line's code, without its indentation. */
  code: string;
  /** What is changed, such as "`<` becomes `<=`". */
  change: string;
  /** The whole file, changed. */
  source: string;
}

interface LintReport {
  diagnostics: { filename: string; code: string; message: string }[];
}

const PLUGIN = new URL("./plugin.ts", import.meta.url).href;

/**
 * All mutants of some files, in the order of the files. Reads them only: `deno lint` finds the places.
 * @throws {Error} a file is not there, or is no TypeScript
 */
export async function findMutants(files: readonly string[]): Promise<Mutant[]> {
  const config = await Deno.makeTempFile({ dir: "/tmp", suffix: ".json" });
  let output: Deno.CommandOutput;
  try {
    const rules = { tags: [], include: ["mutants/all"] };
    await Deno.writeTextFile(config, JSON.stringify({ lint: { plugins: [PLUGIN], rules } }));
    const args = ["lint", "--json", "--config", config, ...files];
    output = await new Deno.Command("deno", { args, stdin: "null" }).output();
  } finally {
    await Deno.remove(config);
  }
  let report: LintReport;
  try {
    report = JSON.parse(new TextDecoder().decode(output.stdout));
  } catch (cause) {
    throw new Error(`deno lint failed: ${new TextDecoder().decode(output.stderr)}`, { cause });
  }
  const changes = new Map<string, Change[]>(files.map((file) => [file, []]));
  for (const { filename, code, message } of report.diagnostics) {
    const file = files.find((name) => filename.endsWith(`/${name}`));
    if (file && code === "mutants/all") changes.get(file)!.push(JSON.parse(message));
  }
  return [...changes].flatMap(([file, ofFile]) => {
    const source = Deno.readTextFileSync(file);
    return ofFile.sort((a, b) => a.from - b.from).map((change) => mutantOf(file, source, change));
  });
}

function mutantOf(file: string, source: string, { within, from, to, replacement }: Change): Mutant {
  const before = source.slice(0, from).split("\n");
  const [line, indent] = [before.length, before.at(-1)!.length];
  const short = (text: string) => text.replace(/\s+/g, " ").trim();
  const original = source.slice(from, to);
  return {
    file,
    line,
    column: indent + 1,
    within,
    code: source.split("\n")[line - 1].trim(),
    change: replacement === "" || replacement === ";"
      ? `without \`${short(original)}\``
      : `\`${short(original)}\` becomes \`${short(replacement)}\``,
    source: source.slice(0, from) + replacement + source.slice(to),
  };
}
