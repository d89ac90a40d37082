/** What the tests of the targets read. */
const COPIED = [
  "src",
  "tests",
  "businesses",
  "build",
  "docs",
  "main.ts",
  "deno.json",
  "deno.lock",
  "README.md",
];
/** What a mutant that allocates for ever gets. */
const HEAP_MB = 512;

/** A copy of the repository, in which one file at a time is changed and its tests are run. */
export class Workspace implements Disposable {
  readonly #folder = Deno.makeTempDirSync({ dir: "/tmp", prefix: "slimline-mutants-" });

  constructor() {
    for (const name of COPIED) copy(name, `${this.#folder}/${name}`);
  }

  /** Runs tests with `file` replaced by `source`. True when all passed within the time. */
  async passes(
    tests: readonly string[],
    timeoutMs: number,
    changed?: { file: string; source: string },
  ): Promise<boolean> {
    if (!changed) return await this.#run(tests, timeoutMs);
    const path = `${this.#folder}/${changed.file}`;
    const original = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, changed.source);
    try {
      return await this.#run(tests, timeoutMs);
    } finally {
      await Deno.writeTextFile(path, original);
    }
  }

  async #run(tests: readonly string[], timeoutMs: number): Promise<boolean> {
    const { success } = await new Deno.Command("deno", {
      args: [
        ...["test", "--quiet", "--no-check", "--no-prompt", "--fail-fast", "--permission-set=test"],
        ...["--sanitize-ops", "--sanitize-resources", `--v8-flags=--max-old-space-size=${HEAP_MB}`],
        ...tests,
      ],
      cwd: this.#folder,
      env: { TMPDIR: "/tmp" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(timeoutMs),
    }).output();
    return success;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

function copy(from: string, to: string): void {
  if (!Deno.statSync(from).isDirectory) return Deno.copyFileSync(from, to);
  Deno.mkdirSync(to);
  for (const { name } of Deno.readDirSync(from)) copy(`${from}/${name}`, `${to}/${name}`);
}
