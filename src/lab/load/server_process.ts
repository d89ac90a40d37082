import { FIELDS } from "../../config/fields.ts";
import { parseRssAnon } from "../../observability/process_memory.ts";
import { kill } from "./helper_process.ts";
import { readLines } from "../../util/read_lines.ts";
import type { LagReport } from "../../observability/loop_lag.ts";
import { ProcessError, selfAs } from "../../cli/self.ts";

/** What is taken of `GET /memory`. Bytes, unless the name says otherwise. */
export interface ServerMemory {
  rss: number;
  rssAnon: number | null;
  heapTotal: number;
  heapUsed: number;
  external: number;
  activeCalls: number;
  perCall: { process: number; ledger: number } | null;
  kernelSlots: number;
  cpuSeconds: number | null;
  loopLag: LagReport;
}

/** The server's `PUBLIC_URL`; nothing is ever sent there. */
export const PUBLIC_URL = "https://capacity.slimline.invalid";
export const ACCOUNT_SID = `AC${"0".repeat(32)}`;
const START_MS = 20_000;
const MEMORY_MS = 10_000;
/** How long the server may take to end after SIGTERM. */
const END_MS = 5000;
/** The last lines of its log are kept, to tell why it ended. */
const MAX_LAST_LINES = 5;

export interface ServerProcessOptions {
  realtimeUrl: string;
  /** Twilio's, and the admin token. */
  authToken: string;
  audioFormat: string;
  resampler: string;
  maxCalls: number;
  /** A file or URL that is run in place of this program's server; not by an executable. */
  main?: string;
}

/** Names of events counted one by one; further ones are not. */
const MAX_NAMES = 100;

/** `slimline serve` as a process of its own, on a free port of this machine alone. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #adminToken: string;
  readonly #port = Promise.withResolvers<number>();
  readonly #logRead: Promise<void>;
  readonly #last: string[] = [];
  readonly #warnings = new Map<string, number>();
  #url = "";

  private constructor(child: Deno.ChildProcess, adminToken: string) {
    this.#child = child;
    this.#adminToken = adminToken;
    this.#logRead = this.#readLog();
  }

  /** @throws {ProcessError} when it does not listen soon */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const { command, args, env } = await selfAs("server", { main: options.main });
    const server = new ServerProcess(
      new Deno.Command(command, {
        args: [...args, "serve", "--no-records"], // simulated calls do not belong in the data folder
        env: { ...env, ...environment(options) },
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).spawn(),
      options.authToken,
    );
    const timer = setTimeout(() => server.#fail(`does not listen after ${START_MS} ms`), START_MS);
    try {
      server.#url = `http://127.0.0.1:${await server.#port.promise}`;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return server;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get url(): string {
    return this.#url;
  }

  /** How often it has logged each event that is a warning or an error. */
  get warnings(): Record<string, number> {
    return Object.fromEntries(this.#warnings);
  }

  /** Its `GET /memory`, and its anonymous memory, which it may not read itself. */
  async memory(): Promise<ServerMemory> {
    const answer = await fetch(`${this.#url}/memory`, {
      headers: { authorization: `Bearer ${this.#adminToken}` },
      signal: AbortSignal.timeout(MEMORY_MS),
    });
    if (answer.ok) {
      const memory: ServerMemory = await answer.json();
      return { ...memory, rssAnon: memory.rssAnon ?? await anonymousOf(this.pid) };
    }
    await answer.body?.cancel();
    throw new ProcessError(`The server answered ${answer.status} when it was asked for its memory.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => kill(this.#child), END_MS);
    kill(this.#child, "SIGTERM");
    await this.#child.status;
    clearTimeout(timer);
    await this.#logRead;
  }

  /** Reads the log, so that its pipe never fills, and picks out the port and the warnings. */
  async #readLog(): Promise<void> {
    for await (const line of readLines(this.#child.stderr)) {
      if (this.#last.push(line) > MAX_LAST_LINES) this.#last.shift();
      this.#countWarning(line);
      if (this.#url !== "" || !line.includes('"listening"')) continue;
      const port = /"port":(\d+)/.exec(line)?.[1];
      if (port !== undefined) this.#port.resolve(Number(port));
    }
    this.#fail("ended");
  }

  #countWarning(line: string): void {
    const event = /"level":"(?:warning|error|fatal)","event":"(\w+)"/.exec(line)?.[1];
    if (event === undefined || (this.#warnings.size >= MAX_NAMES && !this.#warnings.has(event))) return;
    // Further ones are only counted in the log, too.
    const count = Number(/"repeated":(\d+)/.exec(line)?.[1] ?? 1);
    this.#warnings.set(event, (this.#warnings.get(event) ?? 0) + count);
  }

  #fail(what: string): void {
    this.#port.reject(new ProcessError(`The server ${what}. It said last:\n${this.#last.join("\n")}`));
  }
}

/**
 * Anonymous memory of a process, by `cat`; null where there is none, or this program may not run it: an
 * executable may not.
 */
async function anonymousOf(pid: number): Promise<number | null> {
  try {
    const cat = new Deno.Command("cat", { args: [`/proc/${pid}/status`], stderr: "null" });
    return parseRssAnon(new TextDecoder().decode((await cat.output()).stdout));
  } catch {
    return null;
  }
}

/** Configures the server. Every other variable is set to nothing, so that this environment does not count. */
function environment(options: ServerProcessOptions): Record<string, string> {
  return {
    ...Object.fromEntries(Object.values(FIELDS).map(({ env }) => [env, ""])),
    HOST: "127.0.0.1",
    PORT: "0",
    PUBLIC_URL,
    ADMIN_TOKEN: options.authToken,
    OPENAI_API_KEY: "capacity",
    OPENAI_REALTIME_URL: options.realtimeUrl,
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: options.authToken,
    AUDIO_FORMAT: options.audioFormat,
    RESAMPLER: options.resampler,
    MAX_CALLS: String(options.maxCalls),
    DRAIN_SECONDS: "0",
    LOG_FORMAT: "json",
  };
}
