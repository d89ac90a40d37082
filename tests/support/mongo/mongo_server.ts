import assert from "node:assert/strict";
import { MongoClient, type MongoClientOptions } from "mongodb";
import { killProcess } from "../kill_process.ts";
import { freePort } from "../free_port.ts";

/** Made by `deno task mongo-server`. */
const PROGRAM = "./dist/mongo-server";
const EXTERNAL_URI = Deno.env.get("MONGODB_URI");
/** True when the tests run against the MongoDB of `MONGODB_URI`, false with the program of this folder. */
export const IS_EXTERNAL = Boolean(EXTERNAL_URI);
const START_MS = 20_000;

/** Why tests that need a MongoDB cannot run here; undefined when they can. */
export const NO_MONGODB: string | undefined = EXTERNAL_URI || hasProgram()
  ? undefined
  : "no MongoDB: set MONGODB_URI, or build one with deno task mongo-server";

/** Why tests that kill the server cannot run here; undefined when they can. */
const NO_KILLABLE_MONGODB: string | undefined = EXTERNAL_URI
  ? "the MongoDB of MONGODB_URI is not ours to kill"
  : NO_MONGODB;

interface MongoTestOptions {
  /** The test ends the server and starts it again. */
  kills?: boolean;
}

/** A test with a MongoDB database of its own. Where there is no MongoDB it is skipped, and its name says why. */
export function mongoTest(
  name: string,
  run: (server: MongoServer) => Promise<void>,
  { kills = false }: MongoTestOptions = {},
): void {
  const missing = kills ? NO_KILLABLE_MONGODB : NO_MONGODB;
  Deno.test({
    name: missing === undefined ? name : `${name} (${missing})`,
    ignore: missing !== undefined,
    async fn() {
      await using server = await MongoServer.start();
      await run(server);
    },
  });
}

/**
 * A database for one test: in a server of its own, which the test may kill; or, where `MONGODB_URI` is set, of a random
 * name in that server, dropped at the end.
 */
export class MongoServer implements AsyncDisposable {
  /** With the database's name. */
  readonly uri: string;
  readonly #own: OwnServer | undefined;

  private constructor(uri: string, own: OwnServer | undefined) {
    const database = `slimline_test_${crypto.randomUUID().slice(0, 8)}`;
    const named = new URL(uri);
    named.pathname = `/${database}`;
    this.uri = named.href;
    this.#own = own;
  }

  static async start(): Promise<MongoServer> {
    if (EXTERNAL_URI) return new MongoServer(EXTERNAL_URI, undefined);
    const own = await OwnServer.start();
    return new MongoServer(`mongodb://127.0.0.1:${own.port}`, own);
  }

  /** Of the server's process; undefined for the one of `MONGODB_URI`. */
  get pid(): number | undefined {
    return this.#own?.pid;
  }

  /** Ends the server at once, as `kill -9` does. */
  async kill(): Promise<void> {
    assert.ok(this.#own, NO_KILLABLE_MONGODB);
    await this.#own.kill();
  }

  /** Lets the server say nothing any more, with its connections open, until {@link resume}. */
  pause(): void {
    assert.ok(this.#own, NO_KILLABLE_MONGODB);
    this.#own.signal("SIGSTOP");
  }

  /** The paused server goes on where it was. */
  resume(): void {
    assert.ok(this.#own, NO_KILLABLE_MONGODB);
    this.#own.signal("SIGCONT");
  }

  /** Starts the killed server again, on the same port and data. */
  async restart(): Promise<void> {
    assert.ok(this.#own, NO_KILLABLE_MONGODB);
    await this.#own.spawn();
  }

  /** A client of the test's own; the test disposes of it. */
  client(options: MongoClientOptions = {}): MongoClient {
    return new MongoClient(this.uri, { serverSelectionTimeoutMS: 5_000, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#own) return await this.#own[Symbol.asyncDispose]();
    await using client = this.client();
    await client.db().dropDatabase();
  }
}

/** The program of this folder as a process, on a free port of this machine alone, with its data in a folder of its own. */
class OwnServer implements AsyncDisposable {
  readonly port = freePort();
  readonly #folder = Deno.makeTempDirSync({ prefix: "mongo-server-" });
  #child: Deno.ChildProcess | undefined;

  static async start(): Promise<OwnServer> {
    const server = new OwnServer();
    await server.spawn();
    return server;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async spawn(): Promise<void> {
    this.#child = new Deno.Command(PROGRAM, {
      args: [`127.0.0.1:${this.port}`, this.#folder],
      stdin: "piped", // its end is the child's: it never outlives this process
      stdout: "null",
      stderr: "null",
    }).spawn();
    const deadline = performance.now() + START_MS;
    while (!await isListening(this.port)) {
      assert.ok(performance.now() < deadline, `${PROGRAM} does not listen after ${START_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  signal(signal: Deno.Signal): void {
    this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.#child) killProcess(this.#child, "SIGKILL");
    await this.#child?.stdin.close().catch(() => {}); // a pipe to a process that is gone
    await this.#child?.status;
    this.#child = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function hasProgram(): boolean {
  try {
    return Deno.statSync(PROGRAM).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}
