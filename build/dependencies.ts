// What the program depends on, as deno.lock has it, and why.

/** What is used of `deno.lock`, version 5. */
export interface Lock {
  readonly npm: Readonly<Record<string, { integrity: string; dependencies?: readonly string[] }>>;
  readonly workspace: { readonly dependencies: readonly string[] };
}

/** A package in the lock. */
export interface Dependency {
  readonly name: string;
  readonly version: string;
  /** Digest of the package's archive, as the registry gives it: `sha512-` and base64. */
  readonly integrity: string;
  /** What it depends on, as `name@version`. */
  readonly dependencies: readonly string[];
  /** The package that the project names itself, through which this one came; itself where it is named. */
  readonly through: readonly string[];
  /** Whether a running server may load it. */
  readonly isServed: boolean;
}

/** Why the project names a package, and whether a running server may load it. */
export interface Reason {
  readonly why: string;
  readonly isServed: boolean;
}

/** The packages that the project names. A new one needs a line here. */
export const REASONS: Readonly<Record<string, Reason>> = {
  "@alexanderolsen/libsamplerate-js": { why: "resampler, where RESAMPLER chooses it", isServed: true },
  "@cfworker/json-schema": { why: "checks the arguments of tools by their JSON schema", isServed: true },
  "@opentelemetry/api": { why: "traces of calls, where OTEL_DENO has Deno collect them", isServed: true },
  "@orama/stemmers": { why: "Snowball's stems of words, for the search of knowledge", isServed: true },
  "@orama/stopwords": { why: "words that say nothing, for the search of knowledge", isServed: true },
  "@e965/xlsx": { why: "reads workbooks for the knowledge of a business (SheetJS)", isServed: true },
  "@valibot/to-json-schema": {
    why: "JSON schema of business files and their documentation",
    isServed: false,
  },
  "assemblyscript": { why: "compiles the audio kernel, whose result is in the sources", isServed: false },
  "axe-core": { why: "tests of the dashboard for screen readers", isServed: false },
  "fast-check": { why: "property tests", isServed: false },
  "fastest-levenshtein": {
    why: "names what a misspelt field, option or command was meant to be, and finds misheard words",
    isServed: true,
  },
  "fflate": { why: "unpacks documents of Word for the knowledge of a business", isServed: true },
  "htmlparser2": {
    why: "reads HTML documents and documents of Word for the knowledge of a business",
    isServed: true,
  },
  "jsonc-parser": { why: "reads business files with comments, and says where JSON is wrong", isServed: true },
  "libphonenumber-js": {
    why: "countries, kinds and forms of telephone numbers that are called",
    isServed: true,
  },
  "mongodb": { why: "records, knowledge and businesses in MongoDB", isServed: true },
  "openai": { why: "embeddings of knowledge, transcription of messages", isServed: true },
  "papaparse": { why: "reads comma-separated values for the knowledge of a business", isServed: true },
  "playwright-core": { why: "tests and pictures of the dashboard", isServed: false },
  "robots-parser": { why: "asks a site's robots.txt before its pages are read", isServed: true },
  "smol-toml": { why: "reads deploy/fly.toml for its tests", isServed: false },
  "unpdf": { why: "reads PDF documents for the knowledge of a business", isServed: true },
  "valibot": { why: "schemas of configuration, business files and messages", isServed: true },
  "yaml": { why: "reads business files in YAML, and the files of deploy/ for their tests", isServed: true },
};

/** The packages of a lock, by name. @throws {TypeError} for one that the project names without a reason */
export function dependenciesOf({ npm, workspace }: Lock): Dependency[] {
  const keys = Object.keys(npm);
  /** A lock writes only the name where there is one version. */
  const keyOf = (id: string) =>
    keys.find((key) => key === id || nameOf(key) === id || withoutPeers(key) === id)!;
  const through = new Map<string, Set<string>>();
  for (const specifier of workspace.dependencies) {
    const root = keyOf(specifier.replace(/^npm:/, ""));
    const name = nameOf(root);
    if (!(name in REASONS)) {
      throw new TypeError(`${name} is named in deno.json: say why in build/dependencies.ts.`);
    }
    const waiting = [root];
    for (const key of waiting) {
      const names = through.get(key) ?? new Set();
      if (names.has(name)) continue;
      through.set(key, names.add(name));
      waiting.push(...(npm[key].dependencies ?? []).map(keyOf));
    }
  }
  return keys.map((key) => {
    const names = [...through.get(key) ?? []];
    const { integrity, dependencies = [] } = npm[key];
    return {
      name: nameOf(key),
      version: withoutPeers(key).slice(nameOf(key).length + 1),
      integrity,
      dependencies: dependencies.map((id) => withoutPeers(keyOf(id))),
      through: names,
      isServed: names.some((name) => REASONS[name].isServed),
    };
  });
}

/** `@scope/name` of `@scope/name@1.0.0_peer@2.0.0`. */
function nameOf(key: string): string {
  return key.slice(0, key.indexOf("@", 1));
}

function withoutPeers(key: string): string {
  const at = key.indexOf("_", nameOf(key).length);
  return at < 0 ? key : key.slice(0, at);
}
