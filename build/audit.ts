// `deno task audit` says what the program depends on and why, with licence and size; asks the registry for advisories; and
// writes the bill of materials, docs/sbom.json. It ends with 1 when there is an advisory, and with --strict also when none
// could be asked for.

import project from "../deno.json" with { type: "json" };
import { dependenciesOf, type Dependency, REASONS } from "./dependencies.ts";
import { bom } from "./sbom.ts";

const SBOM = "docs/sbom.json";
const NONE_FOUND = "No known vulnerabilities found";
const SOME_FOUND = /^Found \d+ vulnerabilit/m;

/** A package as Deno has downloaded it. */
interface Copy {
  readonly license: string | undefined;
  readonly bytes: number;
}

async function audit(isStrict: boolean): Promise<number> {
  const dependencies = dependenciesOf(JSON.parse(await Deno.readTextFile("deno.lock")));
  const copies = new Map<Dependency, Copy>();
  for (const dependency of dependencies) copies.set(dependency, await copyOf(dependency));
  for (const line of table(dependencies, copies)) console.log(line);
  const program = { name: "slimline", version: project.version, license: project.license };
  const licenseOf = (dependency: Dependency) => copies.get(dependency)?.license;
  await Deno.writeTextFile(SBOM, JSON.stringify(bom(program, dependencies, licenseOf), null, 2) + "\n");
  console.log(`\n${dependencies.length} packages; the bill of materials is ${SBOM}.`);
  return await advisories(isStrict);
}

/** What Deno's own client hears from the registry. */
async function advisories(isStrict: boolean): Promise<number> {
  const { stdout, stderr } = await new Deno.Command("deno", { args: ["audit"], env: { NO_COLOR: "1" } })
    .output();
  const [said, failure] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (SOME_FOUND.test(said)) {
    console.log(said);
    return 1;
  }
  if (said.includes(NONE_FOUND)) {
    console.log(`${NONE_FOUND}.`);
    return 0;
  }
  console.error(`No advisories could be asked for: ${failure.split("\n")[0] || said}`);
  return isStrict ? 1 : 0;
}

function table(dependencies: readonly Dependency[], copies: ReadonlyMap<Dependency, Copy>): string[] {
  const rows = dependencies.map((dependency) => {
    const { name, version, through, isServed } = dependency;
    const { license = "?", bytes } = copies.get(dependency)!;
    const why = name in REASONS ? REASONS[name].why : `of ${through.join(", ")}`;
    return [
      name,
      version,
      license,
      `${Math.ceil(bytes / 1024)} kB`,
      isServed ? "server" : "development",
      why,
    ];
  });
  const all = [["package", "version", "licence", "size", "loaded by", "why"], ...rows];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
}

/** Deno's copy of a package, from whichever registry. */
async function copyOf({ name, version }: Dependency): Promise<Copy> {
  for await (const { name: registry } of Deno.readDir(await npmCache())) {
    const folder = `${await npmCache()}/${registry}/${name}/${version}`;
    try {
      const { license } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
      return { license: typeof license === "string" ? license : undefined, bytes: await bytesBelow(folder) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    }
  }
  throw new TypeError(`${name}@${version} is not downloaded yet: run deno install.`);
}

let cache: string | undefined;

async function npmCache(): Promise<string> {
  if (cache !== undefined) return cache;
  const { stdout } = await new Deno.Command("deno", { args: ["info", "--json"] }).output();
  return cache = JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (isDirectory) bytes += await bytesBelow(`${folder}/${name}`);
    if (isFile) bytes += (await Deno.stat(`${folder}/${name}`)).size;
  }
  return bytes;
}

if (import.meta.main) Deno.exit(await audit(Deno.args.includes("--strict")));
