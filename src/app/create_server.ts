import type { Business } from "../businesses/business.ts";
import { type BusinessDescription, readDescriptions } from "../businesses/described_businesses.ts";
import { BusinessDirectory } from "../businesses/directory.ts";
import type { CallSummary } from "../call/call_summary.ts";
import { endedRecord } from "../call/recording.ts";
import { createTools } from "../call/tools/business_tools.ts";
import type { Tool } from "../call/tools/tool.ts";
import { readVariable } from "../config/environment.ts";
import { ConfigError } from "../config/config.ts";
import { completeConfig, type ServerConfig } from "../config/server_config.ts";
import { GuardedRequests } from "../egress/guarded_requests.ts";
import type { OpenKnowledgeStore } from "../knowledge/knowledge_store.ts";
import { createSeparateLog, type Log, type LogSink } from "../observability/log.ts";
import type { CallRecord } from "../records/call_record.ts";
import type { RecordStore } from "../records/record_store.ts";
import { redactRecord } from "../records/redact_record.ts";
import { messageOf } from "../util/errors.ts";
import { SystemClock } from "../util/system_clock.ts";
import { createApp } from "./app.ts";

/** What a server is made from. Only `config` is required. */
export interface ServerOptions {
  /** Keys, limits and addresses, written down or read from the environment by `loadConfig`. */
  readonly config: ServerConfig;
  /**
   * Path that the server lives under within another application, such as `/phone`: its paths are
   * `/phone/voice` and so on. `config.publicUrl` must end with it. Default: none. The dashboard does not work
   * there, since its links begin at the root.
   */
  readonly basePath?: string;
  /**
   * Who answers the calls. Default: the businesses described in `config.businesses`, kept up to date; in a
   * folder without any, one built-in business answers every number.
   */
  readonly businesses?: readonly BusinessDescription[];
  /**
   * Tools written in code, in addition to those that a business describes: a list for all businesses, or a
   * function that returns those of one business. It is called when the business takes its first call, and
   * again when its file has changed. If a name clashes with a tool of a business file, that business gets no
   * tools in code, and `tools_left_out` is logged.
   */
  readonly tools?: readonly Tool[] | ((business: Business) => readonly Tool[]);
  /**
   * Where records of calls are kept. Default: SQLite in `config.dataDir`, or MongoDB where
   * `config.mongodbUri` names one. False keeps none. Records wait in `config.dataDir` until the store has
   * them. Whoever makes a store closes it, after the server is disposed of.
   */
  readonly records?: RecordStore | false;
  /**
   * Opens the knowledge of a business. Default: SQLite in `config.dataDir`, or MongoDB where
   * `config.mongodbUri` names one.
   */
  readonly knowledge?: OpenKnowledgeStore;
  /**
   * Called each time a stream of a call ends: once for most calls, again for one that came back from a
   * transfer or from key tones. Each record is of the whole call and replaces those before it. It is redacted
   * as the business wishes, has no `expiresAt`, and comes whether records are kept or not. What the function
   * throws is logged as `call_ended_failed`.
   */
  readonly onCallEnded?: (record: CallRecord) => void | Promise<void>;
  /**
   * Where events go. Default: standard error, by `config.logLevel` and `config.logFormat`. False logs
   * nothing.
   */
  readonly log?: LogSink | false;
}

/** Where a request comes from; the second argument of a handler of `Deno.serve`. */
export interface ConnectionInfo {
  /** The peer's address. With `config.insecure` it must be a loopback `hostname`. */
  readonly remoteAddr: { readonly hostname?: string };
}

/**
 * A telephone agent server without a port: a request handler. Disposing of it ends all live calls at once.
 */
export interface Server extends AsyncDisposable {
  /**
   * Answers Twilio's webhooks, the WebSockets of its media streams, and the operations endpoints; anything
   * else with 404. Never rejects. It is bound to the server: `Deno.serve(server.fetch)` works.
   *
   * @param request as `Deno.serve` gave it, since a copy cannot become a WebSocket
   * @param info where it comes from: wrong admin tokens are counted by it. With `config.insecure` nothing is
   * answered without it
   */
  readonly fetch: (request: Request, info?: ConnectionInfo) => Promise<Response>;
  /**
   * Whether the path of a request is one that {@link fetch} serves: `/voice`, `/voice/…`, `/media/stream/…`,
   * `/media/check`, `/calls`, `/calls/…`, `/records`, `/records/…`, `/dashboard`, `/dashboard/…`, `/memory`,
   * `/metrics`, `/healthz` and `/readyz`.
   */
  handles(request: Request): boolean;
  /** Calls that are live now. */
  readonly activeCalls: number;
  /**
   * Reads the files of `config.businesses` again. Does nothing where businesses were passed in. Never
   * rejects.
   */
  reloadBusinesses(): Promise<void>;
  /**
   * Takes no new calls, waits for the live ones, then ends those that are left and closes open dashboards.
   * Keep passing requests to {@link fetch} until it resolves; then you can shut down the listener.
   *
   * @param seconds longest wait for calls to end; default `config.drainSeconds`. Up to 3 s more pass until
   *   Twilio has asked what comes next
   */
  drain(seconds?: number): Promise<void>;
}

/**
 * Makes a server that works inside any `Deno.serve`. It opens no port, handles no signals and never ends the
 * process; several can live in one process, each with a `config.dataDir` of its own.
 *
 * @example A server of its own
 * ```ts
 * import { createServer, loadConfig } from "slimline";
 *
 * await using server = await createServer({ config: loadConfig() });
 * const http = Deno.serve({ port: 8080 }, server.fetch);
 * Deno.addSignalListener("SIGTERM", () => void server.drain().then(() => http.shutdown()));
 * await http.finished;
 * ```
 *
 * @example Beside routes of one's own
 * ```ts
 * import { createServer, loadConfig } from "slimline";
 *
 * await using server = await createServer({ config: loadConfig() });
 * await Deno.serve((request, info) =>
 *   server.handles(request) ? server.fetch(request, info) : new Response("Our own page.")
 * ).finished;
 * ```
 *
 * @throws {ConfigError} with everything that is wrong in `config`
 * @throws {BusinessesError} with everything that is wrong in `businesses`; of files only when none can serve
 * @throws {AppError} `businesses_unreadable`; `tool_bad_name` or `tool_name_clash` of a business that was
 * passed in
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const config = completeConfig(options.config);
  const log = createSeparateLog(options.log ?? { level: config.logLevel, format: config.logFormat });
  const { basePath = "" } = options;
  if (!config.publicUrl.endsWith(basePath)) {
    const example = `https://voice.example.com${basePath}`;
    throw new ConfigError([{ env: "publicUrl", problem: `must end with basePath, ${basePath}`, example }]);
  }
  const clock = new SystemClock((error) => log.error("deadline_failed", { message: messageOf(error) }));
  const { tools = [], onCallEnded } = options;
  const toolsFor = typeof tools === "function" ? tools : () => tools;
  const businesses = options.businesses && await readDescriptions(options.businesses, readVariable);
  const requests = new GuardedRequests({ privateHosts: config.privateHosts });
  // Throws now rather than in a call.
  for (const business of businesses ?? []) createTools(business, clock, requests, toolsFor(business));
  const app = await createApp({
    config,
    clock,
    log,
    basePath,
    businesses: businesses && new BusinessDirectory(businesses),
    records: options.records ?? true,
    openKnowledge: options.knowledge,
    toolsFor,
    onCallEnded: onCallEnded && ((summary) => void tell(onCallEnded, summary, log)),
  });
  return {
    async fetch(request, info) {
      return await app.handle(request, info?.remoteAddr.hostname ?? "");
    },
    handles({ url }) {
      const path = URL.parse(url)?.pathname ?? ""; // the Host header may hold anything
      return path.startsWith(basePath) && app.answers(path.slice(basePath.length));
    },
    get activeCalls() {
      return app.calls.active;
    },
    reloadBusinesses: () => app.reload(),
    async drain(seconds = config.drainSeconds) {
      await app.drain(seconds);
      app.endViews();
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

async function tell(
  onCallEnded: NonNullable<ServerOptions["onCallEnded"]>,
  summary: CallSummary,
  log: Log,
): Promise<void> {
  const { business, callSid } = summary.info;
  try {
    await onCallEnded(await redactRecord(endedRecord(summary), business.records.redact));
  } catch (error) {
    log.error("call_ended_failed", { call: callSid, business: business.id, message: messageOf(error) });
  }
}
