import assert from "node:assert/strict";
import { type App, createApp } from "../../src/app/app.ts";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { BusinessDirectory } from "../../src/businesses/directory.ts";
import type { CallSummary } from "../../src/call/call_summary.ts";
import { loadConfig } from "../../src/config/config.ts";
import {
  EmulatedRealtimeApi,
  type EmulatedRealtimeApiOptions,
} from "../../src/lab/openai/emulated_realtime_api.ts";
import { loadTelephone } from "../../src/lab/lab_commands.ts";
import { SimulatedCaller, type SimulatedCallerOptions } from "../../src/lab/twilio/simulated_caller.ts";
import type { Line } from "../../src/lab/twilio/line.ts";
import type { NetworkOptions } from "../../src/lab/twilio/network.ts";
import {
  SimulatedOutboundCall,
  type SimulatedOutboundCallOptions,
} from "../../src/lab/twilio/simulated_outbound_call.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { LagGate } from "../../src/admission/gates.ts";
import { listen, type Listener } from "../../src/http/listen.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { RecordingLog } from "./recording_log.ts";
import { eventually } from "./eventually.ts";

const PUBLIC_URL = "https://bridge.test";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const AUTH_TOKEN = "the rig's auth token";
/** Of operators. */
export const RIG_ADMIN_TOKEN = "the rig's admin token";

/** Ample time for closing handshakes on loopback. */
const CLOSING_HANDSHAKE_MS = 50;

/** Takes calls however late the event loop is: the machine that runs the tests may be busy with other things. */
class OpenGate extends LagGate {
  override add(): void {}
}

export interface BridgeRigOptions {
  /** Environment variables beside the ones that the rig sets. */
  env?: Record<string, string>;
  /** Differences to the default business. */
  business?: Partial<Business>;
  /** Several businesses instead, each by its differences to the default one. */
  businesses?: Partial<Business>[];
  /** Keeps records of calls, in `DATA_DIR` of `env`. */
  keepsRecords?: boolean;
  emulator?: Omit<EmulatedRealtimeApiOptions, "clock">;
  /** The callers' way to the server. */
  network?: NetworkOptions;
  /** Who is called by `POST /calls`, and what they do. */
  called?: Omit<SimulatedOutboundCallOptions, "line">;
}

/**
 * The whole program on loopback between its two emulators, with real sockets and real time. Server and emulators have
 * clocks of their own, so that the server's awaited deadlines can be counted.
 */
export class BridgeRig implements AsyncDisposable {
  readonly log = new RecordingLog();
  readonly serverClock: SystemClock;
  readonly clock: SystemClock;
  readonly emulator: EmulatedRealtimeApi;
  readonly rest: EmulatedTwilioApi;
  /** The calls that the server has placed. */
  readonly placed: readonly SimulatedOutboundCall[];
  readonly app: App;
  readonly businesses: BusinessDirectory;
  readonly line: Line & { authToken: string };
  /** What is known of the streams that have ended, in full. */
  readonly summaries: CallSummary[];
  readonly #server: Listener;

  private constructor(
    parts: Pick<
      BridgeRig,
      | "serverClock"
      | "clock"
      | "emulator"
      | "rest"
      | "placed"
      | "app"
      | "businesses"
      | "log"
      | "line"
      | "summaries"
    >,
    server: Listener,
  ) {
    this.serverClock = parts.serverClock;
    this.clock = parts.clock;
    this.emulator = parts.emulator;
    this.rest = parts.rest;
    this.placed = parts.placed;
    this.app = parts.app;
    this.businesses = parts.businesses;
    this.log = parts.log;
    this.line = parts.line;
    this.summaries = parts.summaries;
    this.#server = server;
  }

  static async start(options: BridgeRigOptions = {}): Promise<BridgeRig> {
    const clock = new SystemClock();
    const serverClock = new SystemClock();
    const log = new RecordingLog();
    const emulator = new EmulatedRealtimeApi({ clock, ...options.emulator });
    const placed: SimulatedOutboundCall[] = [];
    const rest = new EmulatedTwilioApi({
      clock,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      onCreate: (request) => {
        const call = new SimulatedOutboundCall(request, { line, ...options.called });
        placed.push(call);
        return call;
      },
    });
    const config = loadConfig({
      env: {
        PORT: "0",
        HOST: "127.0.0.1",
        PUBLIC_URL,
        OPENAI_API_KEY: "sk-rig",
        OPENAI_REALTIME_URL: emulator.url,
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        TWILIO_API_URL: rest.url,
        ADMIN_TOKEN: RIG_ADMIN_TOKEN,
        PRIVATE_HOSTS: "127.0.0.1",
        ...options.env,
      },
    });
    const businesses = new BusinessDirectory(
      (options.businesses ?? [options.business]).map((business) => ({
        ...DEFAULT_BUSINESS,
        holdWords: [], // they are a matter of their own tests: making them takes a session
        ...business,
      })),
    );
    const summaries: CallSummary[] = [];
    const onCallEnded = (summary: CallSummary) => void summaries.push(summary);
    const app = await createApp({
      config,
      clock: serverClock,
      log,
      businesses,
      onCallEnded,
      records: options.keepsRecords ?? false,
      lagGate: new OpenGate(),
      telephone: { load: loadTelephone, address: () => line.server, model: "An echo" },
    });
    const server = listen(app.handle, config.host, config.port);
    const line = {
      clock,
      server: `http://127.0.0.1:${server.port}`,
      publicUrl: PUBLIC_URL,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      network: options.network,
    };
    return new BridgeRig(
      { serverClock, clock, emulator, rest, placed, app, businesses, log, line, summaries },
      server,
    );
  }

  /** A caller that is ready to place its call. */
  caller(options: Partial<SimulatedCallerOptions> = {}): SimulatedCaller {
    return new SimulatedCaller({ line: this.line, registry: this.rest.registry, ...options });
  }

  /** Asks an operators' endpoint. */
  get(path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
    const authorization = `Bearer ${RIG_ADMIN_TOKEN}`;
    return fetch(this.line.server + path, { ...init, headers: { ...headers as object, authorization } });
  }

  /** What `GET /memory` says. */
  async memory(): Promise<Record<string, number>> {
    const answer = await this.get("/memory");
    assert.equal(answer.status, 200);
    return await answer.json();
  }

  /** Summaries of the calls that have ended, as far as the log tells them. */
  get ended(): Partial<CallSummary>[] {
    return this.log.events.filter(({ event }) => event === "call_ended").map(({ attributes }) => attributes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app[Symbol.asyncDispose]();
    // The runtime keeps a timer for each closing handshake, which a server that stops in the middle of it leaves behind.
    await new Promise((resolve) => setTimeout(resolve, CLOSING_HANDSHAKE_MS));
    await this.#server.stop();
    await this.rest[Symbol.asyncDispose]();
    await this.emulator[Symbol.asyncDispose]();
    // What the last messages set off has run when no deadline is awaited any more, on either side.
    await eventually("no deadline is left", () => this.serverClock.pending === 0 && this.clock.pending === 0);
  }
}
