import type { AgentFactory } from "../../src/lab/openai/agent.ts";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import type { Line } from "../../src/lab/twilio/line.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { Nginx } from "../hostile/nginx.ts";
import { eventually } from "./eventually.ts";
import { MongoServer } from "./mongo/mongo_server.ts";
import { OPERATORS_TOKEN, ServeProcess } from "./serve_process.ts";
import { TempFolder } from "./temp_folder.ts";
import { freePort } from "./free_port.ts";

export const AUTH_TOKEN = "a test's auth token";
export const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const PUBLIC_URL = "https://voice.example.com";

/** A business that says little about itself. */
const ACME = { name: "Acme", numbers: ["+15550100000"], instructions: "Be brief." };

/** See `FleetMembers`; and a heartbeat, in which the others hear of it. */
const KNOWN_AFTER_MS = 6_000;

/** What a fleet of processes is made of. */
export interface FleetProcessesOptions {
  /** Default 3. */
  instances?: number;
  /** Default: a tone of a second. */
  agent?: AgentFactory;
  /** To the model and back, in milliseconds each way. Default 100. */
  modelDelayMs?: number;
  /** What the one business has beside the fields of {@link ACME}. Default: nothing. */
  business?: Record<string, unknown>;
  /** Beside it. Default: none. */
  another?: Record<string, unknown>;
  env?: Record<string, string>;
  /** What differs from `deploy/nginx.conf`. Default: nothing. */
  changeNginx?: (configuration: string) => string;
  /** The URI by which the instances reach the MongoDB of this one. Default: the same. */
  mongoUri?: (uri: string) => string;
  /** What differs in one of them. Default: nothing. */
  envOf?: (index: number) => Record<string, string>;
  /** The path of a module that runs in one of them before its own, in the checkout. Default: none. */
  preloadOf?: (index: number) => string | undefined;
}

/** As many requests as come: nginx counts them by address, and here all callers have one. */
export function withoutRequestLimits(configuration: string): string {
  return configuration.replaceAll(/^ *limit_(conn|req) .*\n/gm, "");
}

/** One place in the fleet, whichever process is there. */
interface Place {
  readonly port: number;
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly preload: string | undefined;
  server: ServeProcess;
}

/** Instances of a fleet as processes of their own, behind nginx, with a MongoDB and a simulated model. */
export class FleetProcesses implements AsyncDisposable {
  readonly clock = new SystemClock();
  readonly #held: AsyncDisposableStack;
  readonly mongo: MongoServer;
  readonly emulator: EmulatedRealtimeApi;
  readonly #places: Place[] = [];
  readonly #env: Record<string, string>;
  readonly #nginx: Nginx;
  /** Logs of the processes that were replaced. */
  #pastLogs = "";

  private constructor(
    held: AsyncDisposableStack,
    parts: { mongo: MongoServer; emulator: EmulatedRealtimeApi; nginx: Nginx; env: Record<string, string> },
  ) {
    this.#held = held;
    this.mongo = parts.mongo;
    this.emulator = parts.emulator;
    this.#nginx = parts.nginx;
    this.#env = parts.env;
  }

  static async start(options: FleetProcessesOptions = {}): Promise<FleetProcesses> {
    const { instances = 3, agent = toneAgent(1), modelDelayMs = 100, env = {}, envOf = () => ({}) } = options;
    const { preloadOf = () => undefined } = options;
    const { business, another, changeNginx, mongoUri = (uri) => uri } = options;
    await using held = new AsyncDisposableStack();
    const mongo = held.use(await MongoServer.start());
    const emulator = held.use(new EmulatedRealtimeApi({ agent, networkDelayMs: modelDelayMs }));
    const folder = held.use(new TempFolder());
    const ports = Array.from({ length: instances }, freePort);
    const nginx = held.use(await Nginx.start(folder.path, ports, { change: changeNginx }));
    const rig = new FleetProcesses(held.move(), {
      mongo,
      emulator,
      nginx,
      env: {
        PUBLIC_URL,
        OPENAI_API_KEY: "sk-test",
        OPENAI_REALTIME_URL: emulator.url,
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        MONGODB_URI: mongoUri(mongo.uri),
        CLUSTER: "mongodb",
        DRAIN_SECONDS: "60",
        ...env,
      },
    });
    await Promise.all(ports.map(async (port, index) => {
      const own = `${folder.path}/${index}`;
      await Deno.mkdir(`${own}/businesses`, { recursive: true });
      for (const [name, one] of Object.entries({ acme: { ...ACME, ...business }, another })) {
        if (one) await Deno.writeTextFile(`${own}/businesses/${name}.json`, JSON.stringify(one));
      }
      const place = { port, folder: own, env: envOf(index), preload: preloadOf(index) };
      rig.#places[index] = { ...place, server: await rig.#start(place) };
    }));
    return rig;
  }

  /** How callers reach the fleet. */
  get line(): Line {
    return {
      clock: this.clock,
      server: `http://127.0.0.1:${this.#nginx.port}`,
      publicUrl: PUBLIC_URL,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
    };
  }

  /** Of each instance itself. */
  get ports(): readonly number[] {
    return this.#places.map(({ port }) => port);
  }

  get servers(): readonly ServeProcess[] {
    return this.#places.map(({ server }) => server);
  }

  /** The processes that all calls go through, by what they are. */
  get pids(): { servers: number[]; database: number[]; proxy: number[] } {
    return {
      servers: this.servers.map(({ pid }) => pid),
      database: this.mongo.pid === undefined ? [] : [this.mongo.pid],
      proxy: [this.#nginx.pid],
    };
  }

  /** Resolves when all instances have been there long enough to decide by themselves how many calls are theirs. */
  async haveShares(): Promise<void> {
    await using client = this.mongo.client();
    const instances = client.db().collection("cluster_instances");
    await eventually("the youngest is six seconds old", async () => {
      const known = await instances.find().toArray();
      return known.length === this.servers.length &&
        known.every(({ at, startedAt }) => at.getTime() - startedAt.getTime() >= KNOWN_AFTER_MS);
    }, 20_000);
  }

  /** All that any process has logged. */
  get log(): string {
    return this.#pastLogs + this.servers.map(({ log }) => log).join("");
  }

  /** How often an event was logged. */
  count(event: string): number {
    return this.log.split(`"event":"${event}"`).length - 1;
  }

  /** Tells an instance to stop, waits until it has, and starts another in its place. Resolves with its exit code. */
  async replace(index: number): Promise<number> {
    const code = await this.stop(index);
    await this.startAgain(index);
    return code;
  }

  /** Tells an instance to stop, and waits until it has. Resolves with its exit code. */
  async stop(index: number): Promise<number> {
    const { server } = this.#places[index];
    server.signal("SIGTERM");
    return await server.ended();
  }

  /** Starts another process where one has ended. */
  async startAgain(index: number): Promise<void> {
    const place = this.#places[index];
    this.#pastLogs += place.server.log;
    place.server = await this.#start(place);
  }

  /** What an operators' endpoint of one instance answers; negative numbers count from the last. */
  async get(index: number, path: string): Promise<Response> {
    return await this.#request(index, path, "GET");
  }

  async post(index: number, path: string): Promise<Response> {
    return await this.#request(index, path, "POST");
  }

  /** What it answers to an order. */
  async order(index: number, path: string, body: unknown): Promise<Response> {
    return await this.#request(index, path, "POST", JSON.stringify(body));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { server } of this.#places) await server.kill();
    await this.#held[Symbol.asyncDispose]();
  }

  async #request(index: number, path: string, method: string, body?: string): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.#places.at(index)!.port}${path}`, {
      method,
      body,
      headers: {
        authorization: `Bearer ${OPERATORS_TOKEN}`,
        connection: "close",
        ...body !== undefined && { "content-type": "application/json" },
      },
    });
  }

  async #start({ port, folder, env, preload }: Omit<Place, "server">): Promise<ServeProcess> {
    const { server } = await ServeProcess.start({
      folder,
      preload,
      env: {
        ...this.#env,
        ...env,
        PORT: String(port),
        DATA_DIR: `${folder}/data`,
        BUSINESSES: `${folder}/businesses`,
      },
    });
    return server;
  }
}
