import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { type Manners, type TalkedCall, TalkingCaller } from "../../src/lab/load/talking_caller.ts";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import {
  EmulatedRealtimeApi,
  type EmulatedRealtimeApiOptions,
} from "../../src/lab/openai/emulated_realtime_api.ts";
import { SimulatedCaller, type SimulatedCallerOptions } from "../../src/lab/twilio/simulated_caller.ts";
import type { Line } from "../../src/lab/twilio/line.ts";
import { sleep } from "../../src/util/clock.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "./eventually.ts";
import { OPERATORS_TOKEN, ServeProcess, type ServeProcessOptions } from "./serve_process.ts";
import { TempFolder } from "./temp_folder.ts";

/** What the server and those who call it know. */
export const AUTH_TOKEN = "a test's auth token";
export const ACCOUNT_SID = `AC${"1".repeat(32)}`;
export const PUBLIC_URL = "https://voice.example.com";

/** Calls of one who is refused because the machine is busy, and the time between them. */
const MAX_TRIES = 30;
const TRIES_EVERY_MS = 1_000;

/** What it takes to listen, in any test that starts a server. */
export const SERVER_ENV: Readonly<Record<string, string>> = {
  PUBLIC_URL,
  OPENAI_API_KEY: "sk-test",
  TWILIO_ACCOUNT_SID: ACCOUNT_SID,
  TWILIO_AUTH_TOKEN: AUTH_TOKEN,
  DRAIN_SECONDS: "0",
};

export interface ServerRigOptions
  extends Partial<Pick<ServeProcessOptions, "env" | "nofile" | "flags" | "workers" | "preload">> {
  /** Who answers. Default: a second of a tone for each turn. */
  agent?: EmulatedRealtimeApiOptions["agent"];
  /** What goes wrong with the model. Default: nothing. */
  script?: EmulatedRealtimeApiOptions["script"];
  /** Business files by their names. Default: none, so the built-in business answers. */
  businesses?: Readonly<Record<string, unknown>>;
  /** Where its data and businesses are. Default: a temporary folder of its own. */
  folder?: string;
}

/** `slimline serve` as a process of its own, a simulated model behind it, and those who call. */
export class ServerRig implements AsyncDisposable {
  readonly #options: ServerRigOptions;
  readonly clock: SystemClock = new SystemClock();
  readonly temp: TempFolder = new TempFolder();
  readonly emulator: EmulatedRealtimeApi;
  #server: ServeProcess | undefined;
  #port = 0;

  private constructor(options: ServerRigOptions) {
    this.#options = options;
    const { agent = toneAgent(1), script } = options;
    this.emulator = new EmulatedRealtimeApi({ clock: this.clock, agent, script });
  }

  /** Resolves when the server listens. */
  static async start(options: ServerRigOptions = {}): Promise<ServerRig> {
    await using held = new AsyncDisposableStack();
    const rig = held.use(new ServerRig(options));
    for (const [name, business] of Object.entries(options.businesses ?? {})) {
      rig.temp.write(`businesses/${name}`, JSON.stringify(business));
    }
    await rig.startAgain();
    held.move();
    return rig;
  }

  /** Starts another process on the same folder, once the one before has ended. Resolves when it listens. */
  async startAgain(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { nofile, flags, workers, preload, businesses, folder = this.temp.path } = this.#options;
    await this.#server?.[Symbol.asyncDispose]();
    const { server, port } = await ServeProcess.start({
      folder,
      nofile,
      flags,
      workers,
      preload,
      env: {
        ...SERVER_ENV,
        OPENAI_REALTIME_URL: this.emulator.url,
        DATA_DIR: `${folder}/data`,
        ...businesses && { BUSINESSES: `${folder}/businesses` },
        ...this.#options.env,
        ...env,
      },
    });
    this.#server = server;
    this.#port = port;
  }

  /** The process that was started last. */
  get server(): ServeProcess {
    return this.#server!;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How callers reach the server. */
  get line(): Line {
    return {
      clock: this.clock,
      server: this.url,
      publicUrl: PUBLIC_URL,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
    };
  }

  caller(options: Omit<SimulatedCallerOptions, "line"> = {}): SimulatedCaller {
    return new SimulatedCaller({ line: this.line, ...options });
  }

  /**
   * Somebody calls who talks and listens by turns. A server on a busy machine refuses calls while its event loop is late: then
   * it is called again.
   */
  async talk(untilMs: () => number, manners?: Manners): Promise<TalkedCall> {
    for (let tries = 1;; tries++) {
      const call = await new TalkingCaller(this.line, undefined, manners).talk(untilMs);
      if (call.report.outcome !== "refused" || tries === MAX_TRIES) return call;
      const refusal = () => this.logged("call_refused").find(({ call: sid }) => sid === call.report.callSid);
      await eventually("the refusal is logged", () => refusal() !== undefined);
      if (refusal()?.reason !== "late") return call;
      await sleep(this.clock, TRIES_EVERY_MS);
    }
  }

  /** What the log says of an event so far, one object a line. */
  logged(event: string): Record<string, unknown>[] {
    return this.server.log.split("\n").filter((line) => line.includes(`"event":"${event}"`)).map((line) =>
      JSON.parse(line)
    );
  }

  /** Asks as an operator, over a connection of its own. */
  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(this.url + path, {
      ...init,
      headers: { ...init.headers, connection: "close", authorization: `Bearer ${OPERATORS_TOKEN}` },
    });
  }

  /** The headers of a webhook that Twilio has signed. */
  async signed(path: string, params: URLSearchParams): Promise<Record<string, string>> {
    return {
      "content-type": "application/x-www-form-urlencoded",
      "x-twilio-signature": await new TwilioSigner(AUTH_TOKEN).sign(PUBLIC_URL + path, params),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.emulator.stop();
    this.temp[Symbol.dispose]();
  }
}
