import assert from "node:assert/strict";
import { configuredHosts } from "../../src/cli/named_hosts.ts";
import { MALLOC_ENV, SERVER_FLAGS } from "../../src/cli/self.ts";
import { killProcess } from "./kill_process.ts";

/** How long it may take to listen, on a machine that is busy with other tests. */
const START_MS = 60_000;

/** Of the server, where a test sets no other. */
export const OPERATORS_TOKEN = "a test's operators' token";

/** What the server may touch besides its own permissions. */
export interface ServeProcessOptions {
  env: Record<string, string>;
  /** A folder that it may read and write. */
  folder: string;
  /** How many descriptors it may open. Default: as many as this process. */
  nofile?: number;
  /** Options of `serve`. */
  flags?: readonly string[];
  /** How many processes answer together. Default: it is alone. */
  workers?: number;
  /** The path of a module that runs in it before its own, in the checkout. */
  preload?: string;
}

/** `slimline serve` as a process of its own, run as `deno task serve` runs it, which a test can kill. */
export class ServeProcess implements AsyncDisposable {
  /** Everything that it has logged. */
  log = "";
  /** Everything that it has written to standard output. */
  output = "";
  readonly #child: Deno.ChildProcess;
  /** Says that it listens. */
  readonly #event: string;
  readonly #read: Promise<unknown>;
  readonly #listening = Promise.withResolvers<number>();

  private constructor(
    { env, folder, nofile, flags = [], workers, preload }: ServeProcessOptions,
    hosts: readonly string[],
  ) {
    const args = [
      "run",
      "--quiet",
      "--no-prompt",
      ...SERVER_FLAGS,
      `--allow-net=${hosts}`,
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      ...workers === undefined ? [] : ["--allow-run=deno"],
      ...preload === undefined ? [] : [`--preload=${preload}`],
      "main.ts",
      "serve",
      ...workers === undefined ? [] : [`--workers=${workers}`],
      ...flags,
    ];
    const [command, before] = nofile === undefined
      ? ["deno", []]
      : ["bash", ["-c", `ulimit -n ${nofile} && exec deno "$@"`, "deno"]];
    this.#event = workers === undefined ? "listening" : "workers_listening";
    this.#child = new Deno.Command(command, {
      args: [...before, ...args],
      env: { ...MALLOC_ENV, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#read = Promise.all([this.#readLog(), this.#readOutput()]);
  }

  /** Resolves when it listens. */
  static async start(options: ServeProcessOptions): Promise<{ server: ServeProcess; port: number }> {
    const env: Record<string, string> = {
      HOST: "127.0.0.1",
      PORT: "0",
      LOG_FORMAT: "json",
      BUSINESSES: options.folder,
      ADMIN_TOKEN: OPERATORS_TOKEN,
      ...options.env,
    };
    // As `deno task serve` does.
    const hosts = await configuredHosts(env, { secrets: (name) => env[name] });
    const server = new ServeProcess({ ...options, env }, hosts);
    const timer = setTimeout(() => server.#fail("does not listen"), START_MS);
    try {
      return { server, port: await server.#listening.promise };
    } catch (error) {
      await server.kill();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The process stands still for so long, and then goes on. */
  async standStill(ms: number): Promise<void> {
    this.#child.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#child.kill("SIGCONT");
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Ends it as a power cut would: it cannot do anything about it. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Resolves with its exit code. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#read;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: Deno.Signal): Promise<void> {
    killProcess(this.#child, signal);
    await this.#child.status;
    await this.#read;
  }

  async #readOutput(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) this.output += text;
  }

  async #readLog(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.log += text;
      const port = new RegExp(`"event":"${this.#event}".*?"port":(\\d+)`).exec(this.log)?.[1];
      if (port !== undefined) this.#listening.resolve(Number(port));
    }
    this.#fail("has ended");
  }

  #fail(what: string): void {
    this.#listening.promise.catch(() => {}); // of no matter once it has listened
    this.#listening.reject(
      new assert.AssertionError({ message: `The server ${what}. It said:\n${this.log}` }),
    );
  }
}

/** The log of a server that a test runs by itself, read as far as the test waits for it. */
export class LogReader {
  /** All that was read so far. */
  text = "";
  readonly #chunks: ReadableStreamDefaultReader<string>;

  constructor(log: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#chunks = log.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads on until the log fits. Fails the test when it ends before that. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found) return found;
      const { done, value } = await this.#chunks.read();
      assert.ok(!done, this.text);
      this.text += value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.cancel();
  }
}
