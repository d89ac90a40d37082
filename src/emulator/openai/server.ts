import type { Clock } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import type { AgentFactory } from "./agent.ts";
import { echoAgent } from "./agents/echo_agent.ts";
import { authorize, REALTIME_PATH, type Refusal } from "./authorize.ts";
import { DelayLine } from "./delay_line.ts";
import { EmulatedSession } from "./emulated_session.ts";
import type { Fault } from "./faults/fault.ts";
import { FaultBook, type SessionFaults } from "./faults/fault_book.ts";
import { Pacer } from "./pacer.ts";
import { errorBody } from "./protocol_error.ts";
import { SessionLine } from "./session_line.ts";
import { emptyStats, type EmulatorStats } from "./stats.ts";
import { ServerSocket } from "./wire/server_socket.ts";
import { acceptUpgrade, readUpgradeRequest, refuseUpgrade, type UpgradeRequest } from "./wire/upgrade.ts";

/** Sessions remembered; beyond it the oldest ones that are over are forgotten. */
export const MAX_REMEMBERED_SESSIONS = 10_000;
/** Seen of the API for the beta header. */
const BETA_CLOSE = { code: 4000, reason: "invalid_request_error.beta_api_shape_disabled" };
/** Seen of the API for a wrong key, once the upgrade was accepted. */
const BAD_KEY_CLOSE_CODE = 3000;

export interface RealtimeEmulatorOptions {
  /** Default `127.0.0.1`. */
  hostname?: string;
  /** Default 0: any free one. */
  port?: number;
  /** The only key that is taken; by default any key is. */
  apiKey?: string;
  /** Default a `SystemClock` of its own. */
  clock?: Clock;
  /** Default `echoAgent()`. */
  agent?: AgentFactory;
  /** How many times faster than real time audio is made. Default 8. */
  speed?: number;
  /** Audio in one delta, in milliseconds. Default 100. */
  deltaMs?: number;
  /** What goes wrong, and when. Default nothing. */
  faults?: readonly Fault[];
  /** Delay of the network each way, in milliseconds. Default 0. */
  networkDelayMs?: number;
  /** Default 3600. */
  maxSessionSeconds?: number;
}

/** A server on loopback that behaves as the OpenAI Realtime API (GA) does over WebSockets. */
export class RealtimeEmulator implements AsyncDisposable {
  readonly #options: RealtimeEmulatorOptions;
  readonly #clock: Clock;
  readonly #pacer: Pacer;
  readonly #book: FaultBook;
  readonly #listener: Deno.TcpListener;
  readonly #sessions: EmulatedSession[] = [];
  readonly #connections = new Set<Deno.Conn>();
  readonly #sockets = new Set<ServerSocket>();
  readonly #accepting: Promise<void>;
  readonly #serving = new Set<Promise<void>>();
  readonly #stats: EmulatorStats = emptyStats();
  #count = 0;

  private constructor(options: RealtimeEmulatorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    this.#pacer = new Pacer(this.#clock);
    this.#book = new FaultBook(options.faults ?? []);
    const { hostname = "127.0.0.1", port = 0 } = options;
    this.#listener = Deno.listen({ hostname, port });
    this.#accepting = this.#accept();
  }

  /** Listens at once. Dispose of it to close every session. */
  static start(options: RealtimeEmulatorOptions = {}): RealtimeEmulator {
    return new RealtimeEmulator(options);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Such as `ws://127.0.0.1:40123/v1/realtime`. */
  get url(): string {
    return `ws://${this.#options.hostname ?? "127.0.0.1"}:${this.port}${REALTIME_PATH}`;
  }

  /** In the order of their start; at most `MAX_REMEMBERED_SESSIONS`. */
  get sessions(): readonly EmulatedSession[] {
    return this.#sessions;
  }

  stats(): EmulatorStats {
    return structuredClone(this.#stats);
  }

  /** Adds to what goes wrong. Concerns what has not been reached yet; `elapsedMs` only new sessions. */
  addFault(fault: Fault): void {
    this.#book.add(fault);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) socket.drop();
    for (const connection of this.#connections) connection.close();
    await this.#accepting;
    await Promise.allSettled(this.#serving);
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        const serving = this.#serve(connection);
        this.#serving.add(serving);
        serving.finally(() => this.#serving.delete(serving));
      }
    } catch {
      // closed while it waited for the next one
    }
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    this.#connections.add(connection);
    connection.setNoDelay(true);
    let socket: ServerSocket | undefined;
    try {
      const request = await readUpgradeRequest(connection, this.#clock);
      if (request) socket = await this.#upgrade(connection, request);
    } catch {
      // the client went away in the middle of the upgrade
    }
    this.#connections.delete(connection);
    if (!socket) return closeQuietly(connection);
    await socket.ended;
    this.#sockets.delete(socket);
  }

  async #upgrade(connection: Deno.TcpConn, request: UpgradeRequest): Promise<ServerSocket | undefined> {
    const number = ++this.#count;
    const faults = this.#book.ofSession(number);
    const authorized = authorize(request, this.#options.apiKey);
    const refusal = "status" in authorized ? authorized : scriptedRefusal(faults);
    if (refusal) {
      this.#stats.refused++;
      await refuseUpgrade(connection, refusal.status, refusal);
      return undefined;
    }
    const { model, protocol } = authorized as { model: string; protocol: string | undefined };
    await acceptUpgrade(connection, request, protocol);
    const socket = new ServerSocket(connection, this.#clock);
    this.#sockets.add(socket);
    this.#open(socket, request, { number, model, faults });
    return socket;
  }

  #open(
    socket: ServerSocket,
    { headers, rest }: UpgradeRequest,
    { number, model, faults }: { number: number; model: string; faults: SessionFaults },
  ): void {
    const { networkDelayMs = 0, speed = 8, deltaMs = 100, maxSessionSeconds = 3600 } = this.#options;
    const stats = this.#stats;
    const line = new SessionLine(socket, this.#clock, networkDelayMs, stats);
    const session = new EmulatedSession({
      number,
      model,
      line,
      faults,
      stats,
      speed,
      deltaMs,
      maxSessionSeconds,
      clock: this.#clock,
      pacer: this.#pacer,
      agent: (this.#options.agent ?? defaultAgent)(number),
    });
    this.#remember(session);
    stats.opened++;
    stats.open++;
    const inbound = new DelayLine(this.#clock, networkDelayMs);
    socket.listen(rest, {
      onText: (text) => inbound.pass(() => session.receive(text)),
      onEnd: ({ code, reason, by }) => {
        stats.open--;
        inbound.clear();
        session.end({ code, reason, byClient: by === "client" });
      },
    });
    const rejection = faults.take("reject_after_open");
    if (headers.has("openai-beta")) {
      line.error(errorBody("beta_api_shape_disabled"));
      line.close(BETA_CLOSE.code, BETA_CLOSE.reason);
    } else if (rejection) {
      const code = rejection.code ?? "invalid_api_key";
      line.error(errorBody(code));
      line.close(rejection.closeCode ?? BAD_KEY_CLOSE_CODE, `invalid_request_error.${code}`);
    } else {
      session.start();
    }
  }

  #remember(session: EmulatedSession): void {
    this.#sessions.push(session);
    if (this.#sessions.length <= MAX_REMEMBERED_SESSIONS) return;
    const oldest = this.#sessions.findIndex(({ closed }) => closed !== undefined);
    if (oldest >= 0) this.#sessions.splice(oldest, 1);
  }
}

const defaultAgent = echoAgent();

function scriptedRefusal(faults: SessionFaults): Refusal | undefined {
  const fault = faults.take("refuse_upgrade");
  if (!fault) return undefined;
  const { status, code = "scripted_refusal" } = fault;
  return { status, code, message: `The upgrade was refused with ${status}.` };
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // closed already: by the time-out of the request, or at the emulator's end
  }
}
