import type { LagReport } from "../../observability/loop_lag.ts";
import { readLines } from "../../util/read_lines.ts";
import { ProcessError, selfAs } from "../../cli/self.ts";

/** How long a helper may take to end after its standard input did. */
const END_MS = 3000;

/** How busy one of the helping processes was. */
export interface HelperLoad {
  lag: LagReport;
  /** CPU time since it was started. */
  cpuSeconds: number | null;
}

/** Says `message` on standard output, the way a helper answers. */
export function answerRequest(message: unknown): void {
  console.log(JSON.stringify(message));
}

/** The requests that come in on standard input, until it ends. */
export async function* readRequests<Request>(): AsyncGenerator<Request> {
  for await (const line of readLines(Deno.stdin.readable)) yield JSON.parse(line);
}

/**
 * A process of this program that simulates one side of the calls. It takes requests as JSON lines on standard
 * input, answers on standard output, and ends when its input ends, so that it never outlives this process.
 */
export class HelperProcess implements AsyncDisposable {
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: AsyncGenerator<string>;

  private constructor(name: string, child: Deno.ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#answers = readLines(child.stdout);
  }

  /** Starts `slimline capacity --role ROLE`. What it says on standard error is said here. */
  static async start(role: "model" | "callers" | "turnover"): Promise<HelperProcess> {
    const { command, args } = await selfAs("helper");
    const child = new Deno.Command(command, {
      args: [...args, "capacity", "--role", role],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    return new HelperProcess(role, child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  async tell(request: unknown): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
  }

  /** @throws {ProcessError} when the process ends or `withinMs` pass before the next answer */
  async next<Answer>(withinMs: number): Promise<Answer> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => timer = setTimeout(() => resolve("late"), withinMs));
    try {
      const line = await Promise.race([this.#answers.next(), late]);
      if (line === "late") throw new ProcessError(`The ${this.#name} did not answer within ${withinMs} ms.`);
      if (line.done) throw new ProcessError(`The process of the ${this.#name} ended.`);
      return JSON.parse(line.value);
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => kill(this.#child), END_MS);
    await this.#writer.close().catch(() => {}); // it has ended already
    await this.#child.status;
    clearTimeout(timer);
    // Reads to the end of what it said, or the pipe would stay open.
    while (!(await this.#answers.next()).done);
  }
}

/** Ends the process at once, if it has not ended yet. */
export function kill(child: Deno.ChildProcess, signal: Deno.Signal = "SIGKILL"): void {
  try {
    child.kill(signal);
  } catch {
    // it has ended
  }
}
