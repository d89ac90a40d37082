// The programs that read the files of deploy/, where this machine has them.

/** What a program said and how it ended. */
export interface ToolAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ROOT = new URL("../../", import.meta.url);
/** Made by `deno task deploy-check`. */
const CHECK = "./dist/deploy-check";

/** What makes a program that is missing. */
const FROM: Readonly<Record<string, string>> = {
  [CHECK]: "deno task deploy-check",
  caddy: "apt-get install caddy",
  promtool: "apt-get install prometheus",
  "systemd-analyze": "apt-get install systemd",
};

/** A test that runs a program; skipped where there is none, and its name says so. */
export function toolTest(tool: string, name: string, run: (tool: Tool) => Promise<void>): void {
  const isThere = hasProgram(tool);
  Deno.test({
    name: isThere ? name : `${name} (no ${tool}: ${FROM[tool]})`,
    ignore: !isThere,
    fn: () => run((...args) => answerOf(tool, args)),
  });
}

/** A test of what `deploy-check` reads. */
export function checkTest(name: string, run: (check: Tool) => Promise<void>): void {
  toolTest(CHECK, name, run);
}

/** Runs the program in the folder of the project. */
export type Tool = (...args: (string | Record<string, string>)[]) => Promise<ToolAnswer>;

/** Text of a file of `deploy/`. */
export function deployFile(path: string): string {
  return Deno.readTextFileSync(new URL(`deploy/${path}`, ROOT));
}

/** @param args what it is given; objects are variables of its environment */
async function answerOf(
  tool: string,
  args: readonly (string | Record<string, string>)[],
): Promise<ToolAnswer> {
  const { code, stdout, stderr } = await new Deno.Command(tool, {
    args: args.filter((arg) => typeof arg === "string"),
    env: Object.assign({ NO_COLOR: "1" }, ...args.filter((arg) => typeof arg === "object")),
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out, stderr: err };
}

function hasProgram(tool: string): boolean {
  try {
    new Deno.Command(tool, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
