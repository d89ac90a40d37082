import assert from "node:assert/strict";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** Variables that tell how the network of this machine is used, and where its programs are. */
const OF_THE_MACHINE = /^PATH$|(?:^|_)PROXY$|CERT|(?:^|_)CA(?:$|_)|^npm_config_registry$/i;

/**
 * Where blocks are run as a stranger would run them: an empty home, the repository to be cloned, and a `PATH` on
 * which `npx -y deno` is the Deno of these tests. Deno's cache of packages is this machine's; whatever else is
 * written is below its folder, which goes with it.
 */
export class Workshop implements AsyncDisposable {
  readonly folder: string = Deno.makeTempDirSync({ dir: "/tmp", prefix: "slimline-docs-" });
  /** What is cloned: the checkout as it is, with what is not committed yet. Its last name is that of the clone. */
  readonly repository = `${this.folder}/origin/slimline`;
  /** Where a reader has changed to when he begins. A new one for each block. */
  readonly desk = `${this.folder}/desk`;
  /** A clone on the desk. */
  readonly checkout = `${this.desk}/slimline`;
  readonly home = `${this.folder}/home`;
  /** What a block's processes have as their environment. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(machine: Readonly<Record<string, string>>, npmCache: string | undefined) {
    this.env = {
      ...machine,
      PATH: `${this.folder}/bin:${machine.PATH}`,
      HOME: this.home,
      TMPDIR: `${this.folder}/tmp`,
      ...npmCache !== undefined && { DENO_DIR: `${this.folder}/deno`, npm_config_cache: npmCache },
      DENO_NO_UPDATE_CHECK: "1",
      LANG: "C.UTF-8",
      npm_config_update_notifier: "false",
      // What xdg-open was given.
      OPENED: `${this.folder}/opened`,
    };
  }

  /**
   * Makes it.
   * @param options `isNew`: nothing is at hand but what the machine has; Deno comes by the machine's own `npx`, and
   *   packages from npm's registry. Default false.
   */
  static async open({ isNew = false } = {}): Promise<Workshop> {
    const all = (await bash("env -0")).split("\0").map((line) => [line.split("=", 1)[0], line]);
    const machine = all.filter(([name]) => OF_THE_MACHINE.test(name));
    const workshop = new Workshop(
      Object.fromEntries(machine.map(([name, line]) => [name, line.slice(name.length + 1)])),
      isNew ? undefined : (await bash("npm config get cache")).trim(),
    );
    try {
      await workshop.#build(isNew);
      return workshop;
    } catch (error) {
      await workshop[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** An empty desk, or with a clone of the repository on it. */
  async clear({ clone }: { clone: boolean }): Promise<void> {
    const { desk, env: { OPENED } } = this;
    await bash('rm -rf "$1" "$2" && mkdir "$1"', desk, OPENED);
    if (clone) await bash('git clone --quiet "$1" "$2"', this.repository, this.checkout);
  }

  /** Addresses for which a browser was to open. */
  opened(): string[] {
    try {
      return Deno.readTextFileSync(this.env.OPENED).trim().split("\n");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await bash('rm -rf "$1"', this.folder);
  }

  async #build(isNew: boolean): Promise<void> {
    await bash(BUILD, this.folder, this.repository);
    if (!isNew) await bash(LINK_CACHES, this.folder);
    const { folder } = this;
    const programs = {
      "xdg-open": `echo "$1" >>"$OPENED"`,
      mongosh: `exec deno run --quiet --no-prompt --allow-all ${ROOT}tests/e2e/docs/mongosh.ts "$@"`,
      ...!isNew && {
        deno: `if [[ -z \${INSIDE_BLOCK-} ]]; then export INSIDE_BLOCK=1; echo $$ >>"$BLOCK_PIDS"; fi
exec ${Deno.execPath()} "$@"`,
        npx: `if [[ $1 == -y && $2 =~ ^deno(@[0-9.]+)?$ ]]; then shift 2; exec deno "$@"; fi
PATH=\${PATH#${folder}/bin:} exec npx "$@"`,
      },
    };
    for (const [name, body] of Object.entries(programs)) {
      await Deno.writeTextFile(`${folder}/bin/${name}`, `#!/usr/bin/env bash\n${body}\n`, { mode: 0o755 });
    }
  }
}

/** Makes the folders, and the repository of what is in the checkout. */
const BUILD = `
mkdir -p "$1"/{bin,home,tmp} "$2"
git ls-files --cached --others --exclude-standard -z | while IFS= read -r -d '' file; do
  if [[ -e $file ]]; then printf '%s\\0' "$file"; fi
done | sort -zu | xargs -0 cp --parents --target-directory="$2"
cd "$2"
git init --quiet --initial-branch=main
git add --all
git -c user.name=Tests -c user.email=tests@example.com commit --quiet --message="The checkout as it is"
`;

/** Makes Deno's cache of the workshop, with the packages of this machine's. */
const LINK_CACHES = `
mkdir "$1/deno"
cache=$(deno info --json | sed -nE 's/.*"denoDir": "(.*)",/\\1/p')
for part in npm dl; do
  if [[ -d $cache/$part ]]; then ln -s "$cache/$part" "$1/deno/$part"; fi
done
`;

/** Runs a script in the root of the checkout to its good end. @returns what it wrote */
export async function bash(script: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", script, "bash", ...args],
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, `${script}\n${out}${err}`);
  return out;
}

/** Whether this machine has a program. */
export function hasProgram(name: string): boolean {
  return new Deno.Command("bash", {
    args: ["-c", 'command -v "$1"', "bash", name],
    stdout: "null",
    stderr: "null",
  })
    .outputSync().success;
}
