import { admit, type Verdict } from "./upgrade_verdict.ts";
import { SessionFailures } from "./failures/session_failures.ts";
import { EmulatedSession } from "./emulated_session.ts";
import { countError, emptyTotals, type EmulatedRealtimeApiStats } from "./totals.ts";
import { Waiters } from "./waiters.ts";
import { closeConnection } from "../web_socket/head.ts";
import { ServerSocket } from "./wire/server_socket.ts";
import { acceptUpgrade, readUpgradeRequest, refuseUpgrade, type UpgradeRequest } from "./wire/upgrade.ts";
import type { Clock } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import type { AgentFactory } from "./agent.ts";
import { echoAgent } from "./agents/echo_agent.ts";
import type { FailureScript } from "./failures/failure_script.ts";

/** How an {@link EmulatedRealtimeApi} listens, what answers, and what goes wrong. */
export interface EmulatedRealtimeApiOptions {
  /** Default 127.0.0.1. */
  hostname?: string;
  /** Default 0: any free port. */
  port?: number;
  /** The key that is accepted; default any that is not empty. */
  apiKey?: string;
  /** Default the real one. All deadlines of all sessions go through it. */
  clock?: Clock;
  /** Default the echo test. */
  agent?: AgentFactory;
  /** Audio generated in a unit of time, as a multiple of real time; default 8, `Infinity` for all at once. */
  speed?: number;
  /** Audio in one delta event, in milliseconds; default 100. */
  deltaMs?: number;
  /** Default: nothing goes wrong. */
  script?: FailureScript;
  /** Between what a response answers and its first output, in milliseconds; default 0. */
  answerAfterMs?: number;
  /** Serves `wss:` with this certificate and key, as PEM; default `ws:`. */
  tls?: { cert: string; key: string };
  /**
   * Told of connections, of what clients send, appended audio aside, and of the errors that they are told.
   * `session` counts upgrade attempts from 1.
   */
  onLog?: (entry: { session: number; what: string }) => void;
  /** Added to every message, each way, in milliseconds; default 0. */
  networkDelayMs?: number;
  /** Default 3600, the API's limit. */
  maxSessionSeconds?: number;
}

/**
 * The options with their defaults.
 *
 * @throws {RangeError} for a speed or delta length that is not positive
 */
function completeOptions(options: EmulatedRealtimeApiOptions) {
  const { speed = 8, deltaMs = 100 } = options;
  if (!(speed > 0)) throw new RangeError(`The speed must be above 0, got ${speed}.`);
  if (!(deltaMs > 0)) throw new RangeError(`The length of a delta must be above 0 ms, got ${deltaMs}.`);
  return {
    hostname: options.hostname ?? "127.0.0.1",
    port: options.port ?? 0,
    apiKey: options.apiKey,
    clock: options.clock ?? new SystemClock(),
    agent: options.agent ?? echoAgent(),
    speed,
    deltaMs,
    script: options.script ?? [],
    networkDelayMs: options.networkDelayMs ?? 0,
    answerAfterMs: options.answerAfterMs ?? 0,
    tls: options.tls,
    onLog: options.onLog,
    maxSessionSeconds: options.maxSessionSeconds ?? 3600,
  };
}

/** Ended sessions whose records are kept; the oldest goes beyond it. */
const MAX_ENDED_SESSIONS = 500;

/**
 * A server that speaks the OpenAI Realtime API, GA interface, over WebSocket, with an agent in the model's
 * place. It is for development without a key, for tests, and for load: hundreds of sessions share one timer
 * and, with `toneAgent`, one set of encoded audio.
 */
export class EmulatedRealtimeApi implements AsyncDisposable {
  /** What to set `OPENAI_REALTIME_URL` to, such as `ws://127.0.0.1:40123/v1/realtime`. */
  readonly url: string;
  readonly #options: ReturnType<typeof completeOptions>;
  readonly #listener: Deno.Listener<Deno.TcpConn | Deno.TlsConn, Deno.NetAddr>;
  readonly #totals = emptyTotals();
  readonly #sessions: EmulatedSession[] = [];
  readonly #sockets = new Set<ServerSocket>();
  readonly #connections = new Map<Deno.Conn, Promise<void>>();
  readonly #waiters = new Waiters();
  readonly #accepting: Promise<void>;
  readonly #stopped = Promise.withResolvers<void>();
  #isStopping = false;

  /** Listens at once. @throws {RangeError} for impossible options */
  constructor(options: EmulatedRealtimeApiOptions = {}) {
    this.#options = completeOptions(options);
    const { hostname, port, tls } = this.#options;
    this.#listener = tls
      ? Deno.listenTls({ hostname, port, ...tls, alpnProtocols: ["http/1.1"] })
      : Deno.listen({ hostname, port });
    this.url = `${tls ? "wss" : "ws"}://${hostname}:${this.#listener.addr.port}/v1/realtime`;
    this.#accepting = this.#accept();
  }

  /** The sessions that were opened, oldest first; those that ended stay, up to {@link MAX_ENDED_SESSIONS}. */
  get sessions(): readonly EmulatedSession[] {
    return this.#sessions;
  }

  /** Counts over all sessions so far. */
  stats(): EmulatedRealtimeApiStats {
    return { ...this.#totals, errors: { ...this.#totals.errors } };
  }

  /**
   * Waits for the session of the `number`th upgrade attempt, from 1.
   *
   * @throws {Error} when the emulator stops before it is opened
   */
  async session(number: number): Promise<EmulatedSession> {
    const find = () => this.#sessions.find((session) => session.number === number);
    await this.#waiters.add(() => find() !== undefined);
    const session = find();
    if (!session) {
      throw new Error(`Session ${number} was not opened; attempts so far: ${this.#totals.attempts}.`);
    }
    return session;
  }

  /** Closes all sessions with 1001 and stops to listen. */
  async stop(): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#stopped.resolve();
      this.#listener.close();
      await Promise.all([...this.#sockets].map((socket) => socket.shutDown(1001, "going away")));
      // what is left has not been upgraded yet
      for (const conn of this.#connections.keys()) closeConnection(conn);
      this.#waiters.release();
    }
    await this.#accepting;
    await Promise.all(this.#connections.values());
  }

  /** As {@link stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      if ("setNoDelay" in conn) conn.setNoDelay(true);
      const served = this.#serve(conn).finally(() => this.#connections.delete(conn));
      this.#connections.set(conn, served);
    }
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    const { clock, script, apiKey } = this.#options;
    const request = await readUpgradeRequest(conn, clock);
    if (!request || this.#isStopping) return closeConnection(conn);
    if (request.method === "HEAD") return await this.#look(conn);
    const number = ++this.#totals.attempts;
    const failures = new SessionFailures(script, number);
    const verdict = admit(request, apiKey, failures.upgrade);
    if (verdict.verdict !== "accept") {
      this.#totals.refused++;
      const why = "error" in verdict ? `: ${verdict.error.code ?? "no code"}, ${verdict.error.message}` : "";
      this.#options.onLog?.({ session: number, what: `connection refused${why}` });
    }
    try {
      if (verdict.verdict === "ignore") await this.#stopped.promise;
      else if (verdict.verdict === "refuse") await refuseUpgrade(conn, verdict.status, verdict.error);
      else await acceptUpgrade(conn, request, verdict.protocol);
    } catch {
      return closeConnection(conn); // the client went away while it was answered
    }
    if (verdict.verdict === "ignore" || verdict.verdict === "refuse") return closeConnection(conn);
    await this.#upgraded(conn, request, verdict, number, failures);
  }

  /** Who only looks whether somebody is there, and what time it is, tries no session. */
  async #look(conn: Deno.Conn): Promise<void> {
    const refused = refuseUpgrade(conn, 404, { code: "not_found", message: "" });
    await refused.catch(() => {}); // the client went away before it was answered
    closeConnection(conn);
  }

  async #upgraded(
    conn: Deno.Conn,
    request: UpgradeRequest,
    verdict: Extract<Verdict, { verdict: "accept" | "reject" }>,
    number: number,
    failures: SessionFailures,
  ): Promise<void> {
    const socket = new ServerSocket(conn, this.#options.clock);
    this.#sockets.add(socket);
    try {
      if (verdict.verdict === "reject") this.#reject(socket, request.rest, verdict);
      else this.#open(socket, request, verdict.model, number, failures);
      await socket.ended;
    } finally {
      socket.cut(); // where there is no agent
      this.#sockets.delete(socket);
    }
  }

  /** Tells the client why, and closes, as the API does when it finds out after the upgrade. */
  #reject(socket: ServerSocket, rest: Uint8Array, verdict: Extract<Verdict, { verdict: "reject" }>): void {
    const { error, closeCode } = verdict;
    countError(this.#totals, error.code ?? "no_code");
    socket.listen(rest, { onText() {}, onBinary() {}, onEnd() {} });
    const body = { ...error, param: null, event_id: null };
    socket.send(JSON.stringify({ type: "error", event_id: "event_0", error: body }));
    socket.close(closeCode, `invalid_request_error${error.code === null ? "" : `.${error.code}`}`);
  }

  #open(
    socket: ServerSocket,
    request: UpgradeRequest,
    model: string,
    number: number,
    failures: SessionFailures,
  ): void {
    const { clock, agent, speed, deltaMs, networkDelayMs, maxSessionSeconds, answerAfterMs, onLog } =
      this.#options;
    onLog?.({ session: number, what: `opened: ${model}` });
    const session = new EmulatedSession({
      number,
      socket,
      clock,
      agent: agent({ number }),
      model,
      safetyIdentifier: request.headers.get("openai-safety-identifier") ?? undefined,
      failures,
      totals: this.#totals,
      speed,
      deltaMs,
      answerAfterMs,
      onLog: onLog && ((what) => onLog({ session: number, what })),
      networkDelayMs,
      maxSeconds: maxSessionSeconds,
    });
    this.#totals.sessionsOpened++;
    this.#totals.sessionsOpen++;
    this.#sessions.push(session);
    this.#forgetOldest();
    session.start(request.rest);
    this.#waiters.look();
  }

  #forgetOldest(): void {
    if (this.#sessions.length - this.#totals.sessionsOpen <= MAX_ENDED_SESSIONS) return;
    const oldest = this.#sessions.findIndex((session) => session.record.end);
    if (oldest >= 0) this.#sessions.splice(oldest, 1);
  }
}
