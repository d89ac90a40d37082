import { killProcess } from "../support/kill_process.ts";

/** How a proxy of this machine is started and ended. */
export interface ProxyProgram {
  program: string;
  /** What it says its version by. */
  version: string;
  args: string[];
  env?: Record<string, string>;
  /** What ends it at once, whatever connections it has. */
  signal: Deno.Signal;
}

/** Whether a program is installed, asked by what it says its version by. */
export function isInstalled({ program, version }: Pick<ProxyProgram, "program" | "version">): boolean {
  try {
    return new Deno.Command(program, { args: [version], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A proxy that runs in front of a server, on a port of 127.0.0.1. */
export class ProxyProcess implements AsyncDisposable {
  readonly port: number;
  readonly #program: ProxyProgram;
  readonly #child: Deno.ChildProcess;
  readonly #said: Promise<string>;

  protected constructor(port: number, program: ProxyProgram) {
    this.port = port;
    this.#program = program;
    const { args, env } = program;
    this.#child = new Deno.Command(program.program, {
      args,
      env,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#said = new Response(this.#child.stderr).text();
  }

  /** Of its first process, whose children may do the work. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves when it listens. @throws with what it said when it does not within ten seconds */
  protected async listening(): Promise<this> {
    for (let tries = 0;; tries++) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: this.port })).close();
        return this;
      } catch (error) {
        if (tries === 200) {
          await this[Symbol.asyncDispose]();
          const message = `${this.#program.program} does not listen: ${await this.#said}`;
          throw new Error(message, { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killProcess(this.#child, this.#program.signal);
    await this.#child.status;
    await this.#said;
  }
}
