import assert from "node:assert/strict";
import project from "../deno.json" with { type: "json" };
import { blocksOf, pages, testOf } from "./e2e/docs/pages.ts";
import { LAB_COMMANDS } from "../src/lab/lab_commands.ts";

/*
 * Holds what the documents name to the code: files, links, tasks, commands, endpoints, variables, flags, log events and
 * reasons. A document that names what is gone is worse than none.
 */

const ROOT = new URL("../", import.meta.url);
const FENCE = /^```(\w*)\n([\s\S]*?)^```/gm;

interface Page {
  path: string;
  text: string;
  /** What stands in back quotes and in fenced blocks: what a reader copies. */
  code: string[];
}

async function filesBelow(folder: string, isWanted: (path: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await filesBelow(path, isWanted));
    else if (isWanted(path)) found.push(path);
  }
  return found.sort();
}

async function readPage(path: string): Promise<Page> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  const blocks = [...text.matchAll(FENCE)].map(([, , block]) => block);
  const spans = [...text.replaceAll(FENCE, "").matchAll(/`([^`\n]+)`/g)].map(([, span]) => span);
  return { path, text, code: [...blocks, ...spans] };
}

const PAGES = await Promise.all(
  ["README.md", "CONTRIBUTING.md", ...await filesBelow("docs", (path) => path.endsWith(".md"))].map(readPage),
);
const SOURCE_FILES = await filesBelow("src", (path) => path.endsWith(".ts"));
const SOURCES = (await Promise.all(SOURCE_FILES.map((path) => Deno.readTextFile(new URL(path, ROOT))))).join(
  "\n",
);
const BUILD = (await Promise.all(
  ["deno.json", "Dockerfile", ".ci/run"].map((path) => Deno.readTextFile(new URL(path, ROOT))),
)).join("\n");

/** Whatever `pattern` finds (its first group) in the code of all pages, as `page: name`, but for what `isKnown`. */
function unknown(pattern: RegExp, isKnown: (name: string) => boolean): string[] {
  const wrong = PAGES.flatMap(({ path, code }) =>
    code.flatMap((code) => [...code.matchAll(pattern)].map(([, name]) => name))
      .filter((name) => !isKnown(name)).map((name) => `${path}: ${name}`)
  );
  return [...new Set(wrong)];
}

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("Every link between the documents leads somewhere", () => {
  const broken = PAGES.flatMap(({ path, text }) => {
    const folder = new URL(path, ROOT);
    return [...text.matchAll(/\]\((?!https?:)([^)\s#]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => new URL(target, folder).href.slice(ROOT.href.length))
      .filter((target) => !exists(target)).map((target) => `${path}: ${target}`);
  });
  assert.deepEqual(broken, []);
});

Deno.test("Every path of the project that the documents name exists", () => {
  const paths =
    /(?:^|[\s"'(=])((?:src|tests|docs|examples|build|deploy|businesses|\.ci|\.github)\/[\w./-]*\w)/gm;
  assert.deepEqual(unknown(paths, (path) => /NAME|example\.json$/.test(path) || exists(path)), []);
  // Within a text about the sources, paths begin below `src`.
  const sources = /^((?:[a-z_]+\/)+[a-z_]+\.ts)$/g;
  assert.deepEqual(unknown(sources, (path) => exists(path) || exists(`src/${path}`)), []);
});

Deno.test("Every task and command that the documents name exists", async () => {
  const { COMMANDS } = await import("../src/cli/commands.ts");
  const commands = { ...COMMANDS, ...LAB_COMMANDS };
  assert.deepEqual(unknown(/\bdeno task ([a-z][\w:-]*)/g, (name) => name in project.tasks), []);
  // Not the words behind an option, such as the image's name behind `docker run -p 8080:8080`.
  const runs = /^(?:dist\/|.*\/bin\/)?slimline ([a-z]\w*)/gm;
  assert.deepEqual(unknown(runs, (name) => name in commands), []);
});

Deno.test("Every endpoint that the documents name exists", () => {
  assert.deepEqual(
    unknown(
      /\b(?:GET|POST) (\/[\w/-]*?)\/?(?![\w/-])/g,
      (path) => SOURCES.includes(`${path.replace("CALLSID", "*")}"`),
    ),
    [],
  );
});

/** Variables that the operator names: any that begin with `BUSINESS_`. */
const NOT_OURS = /^BUSINESS_(?:NAME|KEY)$/;

Deno.test("Every variable that the documents name is read somewhere", () => {
  const names = /(?<![\w$])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+_?)(?!\w)/g;
  const known = (name: string) => NOT_OURS.test(name) || new RegExp(`\\b${name}`).test(SOURCES + BUILD);
  assert.deepEqual(unknown(names, known), []);
});

/** Flags of other programs, each with whose it is. */
const OTHER_FLAGS: Readonly<Record<string, string>> = {
  "env-file": "docker",
  "stop-timeout": "docker",
  eval: "mongosh",
  global: "npm",
  url: "cloudflared",
  "max-semi-space-size": "V8",
  "heap-growing-percent": "V8",
  "no-turbofan": "V8",
  "no-sparkplug": "V8",
  "no-maglev": "V8",
  "invocation-count-for-turbofan": "V8",
  "single-threaded": "V8",
  "gc-global": "V8",
  "memory-reducer-delay-ms": "V8",
  "gc-memory-reducer-start-delay-ms": "V8",
  "memory-balancer": "V8",
  "incremental-marking-soft-trigger": "V8",
  "incremental-marking-hard-trigger": "V8",
  "trace-gc": "V8",
};

Deno.test("Every flag that the documents name is taken by a command, or is another program's", () => {
  const isOption = (name: string) =>
    name in OTHER_FLAGS || new RegExp(`(?:^|[\\s{,])"?${name}"?: \\{\\s*type:`, "m").test(SOURCES) ||
    `${BUILD}${SOURCES}`.includes(`--${name}`) || ["help", "version", "check"].includes(name);
  assert.deepEqual(unknown(/(?<![\w-])--([a-z][\w-]*)/g, isOption), []);
});

Deno.test("Every log event and code that the documents name is written by the code", () => {
  const names = /^([a-z]+(?:_[a-z]+)+)$/g;
  assert.deepEqual(unknown(names, (name) => new RegExp(`\\b${name}\\b`).test(SOURCES)), []);
});

Deno.test("README.md is at most 1,200 words, with code in its first thirty lines", () => {
  const readme = PAGES.find(({ path }) => path === "README.md")!.text;
  assert.ok(readme.split(/\s+/).length <= 1_200, `${readme.split(/\s+/).length} words`);
  assert.ok(readme.split("\n").slice(0, 30).some((line) => line.startsWith("```")));
});

Deno.test("Every command block of every page is run by a test", () => {
  const missing = pages().flatMap((page) => {
    const file = `tests/e2e/docs/${testOf(page)}`;
    const test = exists(file) ? Deno.readTextFileSync(new URL(file, ROOT)) : "";
    return blocksOf(page)
      .filter(({ first }) => !test.includes(first) && !test.includes(JSON.stringify(first)))
      .map(({ line, first }) => `${page}:${line}: "${first}" has no entry in ${file}`);
  });
  assert.deepEqual(
    missing,
    [],
    "A reader copies these commands, so a test must run them as they are written. Add an entry, named by the " +
      "block's first command, to testBlocks(PAGE, { … }) of that file; tests/e2e/docs/command_blocks.ts says how.",
  );
});
