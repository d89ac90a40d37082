import assert from "node:assert/strict";

/*
 * Which folder may import from which. The direction:
 *
 *   main → cli → app → {http, lifecycle} → call → {twilio, realtime, audio, businesses, knowledge, records, services}
 *     → {config, telemetry, util}
 *
 * and the code adds what that line leaves open, each an arrow in its direction that skips a step: `app.ts` wires all parts
 * together, so it may import any of them; `cli` starts the server, so it may import `http/server.ts` and the log, and
 * fills and asks the knowledge of a business without one; `services` opens
 * what it does not need to know, so it may import the parts that do; `http`
 * speaks for Twilio and the businesses to Twilio itself, and asks `lifecycle` for a slot (never the other way); what is left
 * and right of each other in a brace does not know its neighbour. `doctor` looks at the parts one by one, beside `app`. The emulator stands beside all of it: it may use what
 * signs, codes and decodes, and only the commands that simulate calls may use it.
 *
 * Types count like values: a part that names another's types knows it all the same.
 */
const BASE = ["telemetry", "util"];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ["cli"],
  cli: [
    "app",
    "workers",
    "http",
    "doctor",
    "emulator",
    "audio",
    "businesses",
    "knowledge",
    "services",
    "config",
    ...BASE,
  ],
  app: [
    "workers",
    "http",
    "lifecycle",
    "call",
    "twilio",
    "realtime",
    "audio",
    "businesses",
    "knowledge",
    "records",
    "services",
    "config",
    ...BASE,
  ],
  doctor: ["call", "twilio", "realtime", "businesses", "config", ...BASE],
  workers: ["http", "lifecycle", "call", "businesses", "services", "config", ...BASE],
  http: ["lifecycle", "call", "twilio", "businesses", "config", ...BASE],
  lifecycle: ["businesses", "call", "services", "config", ...BASE],
  call: [
    "twilio",
    "realtime",
    "audio",
    "businesses",
    "knowledge",
    "records",
    "services",
    "config",
    ...BASE,
  ],
  services: ["audio", "businesses", "knowledge", "records", "config", ...BASE],
  knowledge: ["businesses", "config", ...BASE],
  records: ["businesses", "config", ...BASE],
  businesses: ["config", ...BASE],
  twilio: BASE,
  realtime: BASE,
  audio: BASE,
  config: ["util"],
  telemetry: ["config", "util"],
  util: [],
  emulator: ["twilio", "audio", "util"],
};

/** Of what it may import, the only files that the emulator uses: what signs, codes and decodes. */
const EMULATOR_USES = ["src/twilio/signature.ts", "src/audio/mulaw.ts", "src/audio/base64.ts"];

/** Where the emulator may be used: behind the commands that simulate calls. */
const MAY_USE_EMULATOR = [/^src\/emulator\//, /^src\/cli\/(call|capacity|demo|emulate|soak)(\.ts|\/)/];

/** What a running server never holds in memory. */
const NOT_IN_SERVE = [
  /^src\/emulator\//,
  /^src\/doctor\//,
  /^src\/cli\/(call|capacity|demo|dial|doctor|emulate|ingest|soak)(\.ts|\/)/,
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
  if (path === "src/app.ts") return "app";
  return /^src\/([a-z_]+)\//.exec(path)?.[1];
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

Deno.test("The direction of the design is held against arrows that run the wrong way", () => {
  const wrong: [from: string, to: string][] = [
    ["src/call/playback/playback.ts", "src/http/router.ts"],
    ["src/twilio/media_stream.ts", "src/realtime/events.ts"],
    ["src/realtime/connect.ts", "src/audio/base64.ts"],
    ["src/audio/base64.ts", "src/twilio/messages.ts"],
    ["src/lifecycle/drain.ts", "src/http/router.ts"],
    ["src/util/clock.ts", "src/telemetry/log.ts"],
    ["src/emulator/wav.ts", "src/call/playback/playback.ts"],
    ["src/app.ts", "src/emulator/wav.ts"],
    ["src/http/router.ts", "src/cli/exit.ts"],
    ["src/unheard_of/file.ts", "src/util/clock.ts"],
  ];
  for (const [from, to] of wrong) {
    assert.equal(isAllowed({ from, to, isType: true, isDynamic: false }), false, `${from} → ${to}`);
  }
});

Deno.test("The emulator uses only what signs, codes and decodes, and only simulating commands use it", async () => {
  const arrows = await allArrows();
  const out = arrows.filter(({ from, to }) =>
    partOf(from) === "emulator" && ["twilio", "audio"].includes(partOf(to) ?? "") &&
    !EMULATOR_USES.includes(to)
  );
  assert.deepEqual(out.map(text), []);
  const into = arrows.filter(({ from, to }) =>
    partOf(to) === "emulator" && !MAY_USE_EMULATOR.some((allowed) => allowed.test(from))
  );
  assert.deepEqual(into.map(text), []);
});

Deno.test("A running server loads neither the emulator nor other commands", async () => {
  const { modules } = await graphOf("src/cli/serve.ts");
  assert.ok(modules.includes("src/app.ts"));
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
