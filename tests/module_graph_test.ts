import assert from "node:assert/strict";

/*
 * The map of the house: which part may import from which. A part is a folder of `src`, or a folder below one that is listed
 * by itself. Read it from top to bottom: every arrow points down.
 *
 *   main → cli → app → carrier/twilio, model/openai → cluster → call, admission, http
 *     → carrier, model, services → records → knowledge, businesses, audio → egress, observability, config → util
 *
 * `mod` (src/mod.ts) is the library's door, which only shows what others have. `app` wires the parts together and alone knows what is behind `carrier` and `model`. `lab` holds what no server loads:
 * emulators, simulated calls, measurements. Only `main` points to it, by its registry: of commands, and of the telephone in
 * the browser, which `main` lends to a server by the port in `app/lazy_telephone.ts`.
 *
 * Types count like values: a part that names another's types knows it all the same.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ["cli", "lab"],
  mod: ["app", "call", "carrier", "knowledge", "records", "businesses", "config", "observability", "util"],
  lab: ["cli", "app", "http", "carrier/twilio", "businesses", "audio", "config", "observability", "util"],
  cli: [
    "app",
    "cluster",
    "http",
    "services",
    "knowledge",
    "records",
    "businesses",
    "egress",
    "config",
    "observability",
    "util",
  ],
  app: [
    "carrier/twilio",
    "model/openai",
    "cluster",
    "http",
    "admission",
    "call",
    "model",
    "services",
    "knowledge",
    "records",
    "businesses",
    "config",
    "egress",
    "observability",
    "util",
  ],
  "carrier/twilio": [
    "cluster",
    "http",
    "admission",
    "call",
    "carrier",
    "records",
    "businesses",
    "egress",
    "observability",
    "util",
  ],
  "model/openai": ["model", "businesses", "audio", "util"],
  cluster: ["http", "admission", "call", "businesses", "observability", "util"],
  call: [
    "carrier",
    "model",
    "services",
    "knowledge",
    "records",
    "businesses",
    "audio",
    "egress",
    "observability",
    "util",
  ],
  admission: ["businesses", "util"],
  http: ["observability", "util"],
  carrier: ["businesses", "observability", "util"],
  model: ["util"],
  services: ["knowledge", "records", "businesses", "audio", "config", "egress", "observability", "util"],
  knowledge: ["businesses", "egress", "observability", "util"],
  records: ["knowledge", "businesses", "egress", "observability", "util"],
  businesses: ["egress", "observability", "util"],
  audio: ["util"],
  egress: ["util"],
  observability: ["util"],
  config: ["util"],
  util: [],
};

/** What the emulators share with the server: what signs, codes and decodes. */
const EMULATORS = /^src\/lab\/(openai|twilio|web_socket)\//;
const EMULATORS_USE = [
  "src/carrier/twilio/signature.ts",
  ...["mulaw", "mulaw_buffers", "base64", "wav", "resample"].map((name) => `src/audio/${name}.ts`),
];

/** What a running server never holds in memory. */
const NOT_IN_SERVE = [
  /^src\/lab\//,
  /^src\/app\/(examine|run_tool)\.ts$/,
  /^src\/cli\/(ask|try_tool|steer_calls|dial|doctor|ingest|init)(\.ts|\/)/,
];

const ROOT = new URL("../", import.meta.url);

interface Arrow {
  from: string;
  to: string;
  isType: boolean;
  /** Loaded when the code comes there, and not before. */
  isDynamic: boolean;
}

interface InfoDependency {
  isDynamic?: boolean;
  code?: { specifier?: string };
  type?: { specifier?: string };
}

interface Info {
  modules: { specifier: string; error?: string; dependencies?: InfoDependency[] }[];
}

/** The graph of `entry` as Deno sees it: its modules, and each import of one by another, dynamic and type-only ones too. */
async function graphOf(entry: string): Promise<{ modules: string[]; arrows: Arrow[] }> {
  const command = new Deno.Command("deno", { args: ["info", "--json", entry], cwd: ROOT });
  const { success, stdout, stderr } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const { modules }: Info = JSON.parse(new TextDecoder().decode(stdout));
  const arrows = modules.flatMap(({ specifier, dependencies = [] }) =>
    dependencies.flatMap(({ code, type, isDynamic = false }) => {
      const to = code?.specifier ?? type?.specifier;
      return to
        ? [{ from: pathOf(specifier), to: pathOf(to), isType: code?.specifier === undefined, isDynamic }]
        : [];
    })
  );
  return { modules: modules.map(({ specifier }) => pathOf(specifier)), arrows };
}

/** A file's path from the root of the project; the specifier itself for what is not part of it. */
function pathOf(specifier: string): string {
  return specifier.startsWith(ROOT.href) ? specifier.slice(ROOT.href.length) : specifier;
}

/** The part of the program that a file belongs to; undefined for packages, and for files that are not code. */
function partOf(path: string): string | undefined {
  if (path === "main.ts") return "main";
  if (path === "src/mod.ts") return "mod";
  const folders = /^src\/((?:[a-z_]+\/)+)/.exec(path)?.[1].split("/").slice(0, -1);
  if (!folders) return undefined;
  const inner = folders.slice(0, 2).join("/");
  return inner in MAY_IMPORT ? inner : folders[0];
}

/** All sources of the program but those in AssemblyScript, which Deno does not load. */
async function sourceFiles(folder = "src"): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory && path !== "src/audio/kernel/assembly") files.push(...await sourceFiles(path));
    else if (path.endsWith(".ts")) files.push(path);
  }
  return files.sort();
}

/** Imports of the whole program: of `main.ts`, and of each file that it does not reach, such as a build step. */
async function allArrows(): Promise<Arrow[]> {
  const { modules, arrows } = await graphOf("main.ts");
  const seen = new Set(modules);
  for (const file of await sourceFiles()) {
    if (seen.has(file)) continue;
    const more = await graphOf(file);
    arrows.push(...more.arrows.filter(({ from }) => !seen.has(from)));
    for (const module of more.modules) seen.add(module);
  }
  return arrows;
}

const text = ({ from, to }: Arrow): string => `${from} → ${to}`;

function isAllowed({ from, to }: Arrow): boolean {
  const [importer, imported] = [partOf(from), partOf(to)];
  if (importer === undefined || imported === undefined || importer === imported) return true;
  return MAY_IMPORT[importer]?.includes(imported) ?? false;
}

Deno.test("The program's parts import only along the direction of the design", async () => {
  const arrows = await allArrows();
  assert.ok(arrows.some((arrow) => text(arrow) === "main.ts → src/cli/commands.ts"), "the graph was read");
  assert.deepEqual(arrows.filter((arrow) => !isAllowed(arrow)).map(text), []);
});

Deno.test("The table of parts names every folder, and has no circle", async () => {
  const parts = new Set((await sourceFiles()).map((path) => partOf(path) ?? path));
  assert.deepEqual([...parts].filter((part) => !(part in MAY_IMPORT)), []);
  const settled = new Set<string>();
  for (let before = -1; settled.size > before;) {
    before = settled.size;
    for (const [part, imports] of Object.entries(MAY_IMPORT)) {
      if (imports.every((imported) => settled.has(imported))) settled.add(part);
    }
  }
  assert.deepEqual(Object.keys(MAY_IMPORT).filter((part) => !settled.has(part)), []);
});

Deno.test("No file imports itself by way of others", async () => {
  const imports = Map.groupBy(await allArrows(), ({ from }) => from);
  const left = new Map([...imports].map(([from, arrows]) => [from, new Set(arrows.map(({ to }) => to))]));
  // A file whose imports are all settled is settled; what never is lies on a circle, or leads to one.
  for (let before = -1; left.size !== before;) {
    before = left.size;
    for (const [from, to] of left) if (![...to].some((file) => left.has(file))) left.delete(from);
  }
  assert.deepEqual([...left.keys()], []);
});

Deno.test("The direction of the design is held against arrows that run the wrong way", () => {
  const wrong: [from: string, to: string][] = [
    ["src/call/playback/playback.ts", "src/http/router.ts"],
    ["src/carrier/twilio/media_stream.ts", "src/model/events.ts"],
    ["src/model/openai/connect.ts", "src/carrier/twilio/twilio_rest.ts"],
    ["src/audio/base64.ts", "src/carrier/twilio/stream_protocol.ts"],
    ["src/admission/drain.ts", "src/http/router.ts"],
    ["src/util/clock.ts", "src/observability/log.ts"],
    ["src/app/app.ts", "src/lab/flags.ts"],
    ["src/cli/commands.ts", "src/lab/lab_commands.ts"],
    ["src/http/router.ts", "src/cli/exit.ts"],
    ["src/unheard_of/file.ts", "src/util/clock.ts"],
  ];
  for (const [from, to] of wrong) {
    assert.equal(isAllowed({ from, to, isType: true, isDynamic: false }), false, `${from} → ${to}`);
  }
});

Deno.test("The emulators use only what signs, codes and decodes, so that they do not agree with the server by sharing it", async () => {
  const arrows = await allArrows();
  const out = arrows.filter(({ from, to }) =>
    EMULATORS.test(from) && /^src\//.test(to) && !EMULATORS.test(to) && partOf(to) !== "util" &&
    !EMULATORS_USE.includes(to)
  );
  assert.deepEqual(out.map(text), []);
});

Deno.test("The laboratory is entered by its registry of commands alone", async () => {
  const arrows = await allArrows();
  const into = arrows.filter(({ from, to }) => partOf(to) === "lab" && partOf(from) !== "lab");
  assert.deepEqual(into.map(text), ["main.ts → src/lab/lab_commands.ts"]);
});

Deno.test("A running server loads neither the emulator nor other commands", async () => {
  const { modules } = await graphOf("src/cli/serve.ts");
  assert.ok(modules.includes("src/app/app.ts"));
  assert.deepEqual(modules.filter((path) => NOT_IN_SERVE.some((unwanted) => unwanted.test(path))), []);
});

/** Packages that are loaded when they are needed, and not before. */
const HEAVY = /^npm:\/?(openai|mongodb|@alexanderolsen\/libsamplerate-js)@/;

/** The modules that lead to a heavy package by imports of values, past those of `src/services`. */
function leadToHeavy(arrows: readonly Arrow[]): string[] {
  const leading = new Set<string>();
  for (let before = -1; leading.size > before;) {
    before = leading.size;
    for (const { from, to, isType } of arrows) {
      if (isType || !(HEAVY.test(to) || leading.has(to))) continue;
      if (partOf(from) !== "services") leading.add(from);
    }
  }
  return [...leading].sort();
}

Deno.test("Heavy packages are loaded by dynamic imports; else only their types are imported", async () => {
  const imports = (await allArrows()).filter(({ to, isType }) => HEAVY.test(to) && !isType);
  assert.ok(imports.length > 0);
  assert.deepEqual(imports.filter(({ isDynamic }) => !isDynamic).map(text), []);
});

Deno.test("Only services lead to heavy packages", async () => {
  assert.deepEqual(leadToHeavy(await allArrows()), [
    "src/audio/libsamplerate_engine.ts",
    "src/audio/load_engine.ts",
    "src/businesses/mongo/collection_source.ts",
    "src/knowledge/mongo/mongo_store.ts",
    "src/knowledge/openai_embedder.ts",
    "src/records/recordings/message_transcriber.ts",
    "src/records/recordings/recording_bucket.ts",
  ]);
});

Deno.test("Only src/config reads the environment", async () => {
  const readers: string[] = [];
  for (const file of await sourceFiles()) {
    const source = await Deno.readTextFile(new URL(file, ROOT));
    if (/\bDeno\.env\b|\bprocess\.env\b/.test(source)) readers.push(file);
  }
  assert.deepEqual(readers.filter((file) => !file.startsWith("src/config/")), []);
  assert.ok(readers.length > 0);
});
