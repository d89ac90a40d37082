import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import { bash, type Workshop } from "./workshop.ts";

/** How long a command may take to say what is waited for, on a machine that is busy with other tests. */
const SAYS_MS = 60_000;
/** How long after its last command, or after SIGTERM, a block may take to end. */
const ENDS_MS = 30_000;

export interface ShellOptions {
  /** Where the commands are typed; default the clone. */
  folder?: string;
  /** Variables besides those of the workshop. */
  env?: Readonly<Record<string, string>>;
  /** The commands are typed on a terminal, as by a person. Default: nobody can be asked. */
  isTerminal?: boolean;
}

/** Commands that bash runs one after the other, until one fails. */
export class BlockShell implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #keyboard: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #read: Promise<void>;
  /** Marks all that descends from it, also what has got away from its process group. */
  readonly #mark = crypto.randomUUID();
  readonly #pids: string;
  #written = "";
  #readTo = 0;
  #hasEnded = false;

  private constructor(workshop: Workshop, commands: string, options: ShellOptions) {
    const { folder = workshop.checkout, env = {}, isTerminal = false } = options;
    const file = `${workshop.folder}/tmp/${this.#mark}.sh`;
    this.#pids = `${file}.pids`;
    Deno.writeTextFileSync(file, commands);
    const run = `bash -eo pipefail ${file}`;
    this.#child = new Deno.Command("bash", {
      // `script` is util-linux's: a terminal for what it runs, whose exit code it returns.
      args: ["-c", isTerminal ? `exec script -qefc "${run}" /dev/null` : `exec ${run} 2>&1`],
      cwd: folder,
      clearEnv: true,
      env: { ...workshop.env, ...env, BLOCK_PIDS: this.#pids, BLOCK_MARK: this.#mark },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#keyboard = this.#child.stdin.getWriter();
    this.#read = this.#readAll();
  }

  /** Begins. */
  static start(workshop: Workshop, commands: string, options: ShellOptions = {}): BlockShell {
    return new BlockShell(workshop, commands, options);
  }

  /** All that was written so far, to either stream, without colours. */
  get written(): string {
    return this.#written.replace(ESCAPES, "").replaceAll("\r", "");
  }

  /**
   * Waits for something to be said after what was waited for last.
   * @throws {AssertionError} when it is not, or all has ended before that
   */
  async says(pattern: RegExp, timeoutMs = SAYS_MS): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null;
    try {
      await eventually(`${pattern} is said`, () => {
        const isLast = this.#hasEnded;
        found = pattern.exec(this.written.slice(this.#readTo));
        assert.ok(found || !isLast, `ended without saying ${pattern}`);
        return found !== null;
      }, timeoutMs);
    } catch (error) {
      throw this.#withWritten(error);
    }
    const { index, 0: { length } } = found!;
    this.#readTo += index + length;
    return found!;
  }

  /** Types a line. */
  async types(line: string): Promise<void> {
    await this.#keyboard.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Waits for a question, and answers it. */
  async answers(question: RegExp, answer: string): Promise<void> {
    await this.says(question);
    await this.types(answer);
  }

  /** Ends the command that runs as systemd, Docker or `kill` end it. The next one begins if it ended with 0. */
  async stop(signal: "SIGTERM" | "SIGINT" = "SIGTERM"): Promise<void> {
    await bash('kill -s "$1" "$(tail -n 1 "$2")"', signal, this.#pids);
  }

  /** Waits for the end of all commands, which must be good, and leave nothing running. */
  async endsWell(timeoutMs = ENDS_MS): Promise<void> {
    const code = await this.ends(timeoutMs);
    if (code !== 0) throw this.#withWritten(new Error(`ended with ${code}`));
  }

  /**
   * Waits for the end of all commands, which must leave nothing running.
   * @param goneMs how long what they have left may take to end by itself
   * @returns the exit code of the last
   */
  async ends(timeoutMs = ENDS_MS, goneMs = ENDS_MS): Promise<number> {
    try {
      await eventually("the commands end", () => this.#hasEnded, timeoutMs);
      await eventually("nothing is left running", async () => (await this.#left()).length === 0, goneMs);
    } catch (error) {
      throw this.#withWritten(error);
    }
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of await this.#left()) await bash('kill -KILL "$1" 2>/dev/null || true', pid);
    await this.#keyboard.close().catch(() => {}); // a pipe to a process that is gone
    await this.#child.status;
    await this.#read;
  }

  /** Processes that it has begun, and that still run. */
  async #left(): Promise<string[]> {
    const found = await bash(
      'grep -lsz "^BLOCK_MARK=$1$" /proc/[0-9]*/environ | cut -d/ -f3 || true',
      this.#mark,
    );
    return found.split("\n").filter((pid) => pid !== "");
  }

  async #readAll(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) this.#written += text;
    this.#hasEnded = true;
  }

  #withWritten(error: unknown): Error {
    const what = error instanceof Error ? error.message : String(error);
    return new assert.AssertionError({ message: `${what}. It wrote:\n${this.written}` });
  }
}

const ESC = "\x1b";
const ESCAPES = new RegExp(`${ESC}(?:\\[[0-9;?]*[ -/]*[@-~]|[@-Z\\\\-_])`, "g");
