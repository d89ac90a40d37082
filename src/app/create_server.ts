import type { Business } from "../businesses/business.ts";
import { type BusinessDescription, readDescriptions } from "../businesses/described_businesses.ts";
import { BusinessDirectory } from "../businesses/directory.ts";
import type { CallSummary } from "../call/call_summary.ts";
import { endedRecord } from "../call/recording.ts";
import { createTools } from "../call/tools/business_tools.ts";
import type { Tool } from "../call/tools/tool.ts";
import { readVariable } from "../config/environment.ts";
import { completeConfig, type ServerConfig } from "../config/server_config.ts";
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
   * Who answers the calls. Default: whom the files in `config.businesses` describe, followed as they change; in a folder
   * without any, one built-in business answers every number.
   */
  readonly businesses?: readonly BusinessDescription[];
  /**
   * Tools written in code, which the model has beside those that a business describes: a list for all businesses, or a function
   * that gives each its own. It is called once for each business. Of a business that is read from a file, tools that bear the
   * name of another are left out, and logged as `tools_left_out`.
   */
  readonly tools?: readonly Tool[] | ((business: Business) => readonly Tool[]);
  /**
   * Where records of calls are kept. Default: SQLite in `config.dataDir`, or MongoDB where `config.mongodbUri` names one.
   * False keeps none. Records wait in `config.dataDir` until the store has them. Whoever makes a store closes it, after the
   * server is disposed of.
   */
  readonly records?: RecordStore | false;
  /** Opens the knowledge of a business. Default: SQLite in `config.dataDir`, or MongoDB where `config.mongodbUri` names one. */
  readonly knowledge?: OpenKnowledgeStore;
  /**
   * Told each time that a stream of a call is over: once for most calls, again for one that came back from a transfer or
   * from key tones. Each record is of the whole call, so the last one replaces those before it. Redacted as the business
   * wishes; told whether records are kept or not. What it throws is logged as `call_ended_failed`.
   */
  readonly onCallEnded?: (record: CallRecord) => void | Promise<void>;
  /** Where events go. Default: standard error, by `config.logLevel` and `config.logFormat`. False logs nothing. */
  readonly log?: LogSink | false;
}

/** Where a request comes from, as `Deno.serve` tells. */
export interface ConnectionInfo {
  /** The address of the peer. Without a `hostname` it counts as far away. */
  readonly remoteAddr: { readonly hostname?: string };
}

/** A telephone agent server without a port: a request handler. Disposing of it ends all calls at once. */
export interface Server extends AsyncDisposable {
  /**
   * Answers a request: Twilio's webhooks, the WebSockets of its media streams, and the operations endpoints. Never rejects.
   * Bound to the server, so it can be handed on. Other paths are answered with 404.
   *
   * @param request as `Deno.serve` gave it, since a copy cannot become a WebSocket
   * @param info where it comes from. Without it, operations endpoints answer only those who have `config.adminToken`
   */
  readonly fetch: (request: Request, info?: ConnectionInfo) => Promise<Response>;
  /**
   * Whether {@link fetch} has an answer to the path of a request other than 404: `/voice`, `/voice/…`, `/media/stream`,
   * `/calls`, `/records`, `/dashboard`, `/dashboard/…`, `/memory`, `/metrics`, `/healthz` and `/readyz`.
   */
  handles(request: Request): boolean;
  /** Calls that are live now. */
  readonly activeCalls: number;
  /** Reads the files of `config.businesses` again. Does nothing where businesses were passed in. Never rejects. */
  reloadBusinesses(): Promise<void>;
  /**
   * Takes no new calls, waits for those that are live, and ends what is left. Resolves when no call is left, and nobody looks
   * at the dashboard any more: then whatever listens can be shut down. Requests must be answered until then.
   *
   * @param seconds longest wait; default `config.drainSeconds`. 3 s more may pass until Twilio has asked what comes next
   */
  drain(seconds?: number): Promise<void>;
}

/**
 * Makes a server that works inside any `Deno.serve`. It opens no port, handles no signals and never ends the process; several
 * can live in one process, each with a `config.dataDir` of its own.
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
 * @throws {AppError} `businesses_unreadable`; `tool_bad_name` or `tool_name_clash` of a business that was passed in
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const config = completeConfig(options.config);
  const log = createSeparateLog(options.log ?? { level: config.logLevel, format: config.logFormat });
  const clock = new SystemClock((error) => log.error("deadline_failed", { message: messageOf(error) }));
  const { tools = [], onCallEnded } = options;
  const toolsFor = typeof tools === "function" ? tools : () => tools;
  const businesses = options.businesses && await readDescriptions(options.businesses, readVariable);
  for (const business of businesses ?? []) createTools(business, clock, toolsFor(business)); // throws now rather than in a call
  const app = await createApp({
    config,
    clock,
    log,
    businesses: businesses && new BusinessDirectory(businesses),
    records: options.records ?? true,
    openKnowledge: options.knowledge,
    toolsFor,
    onCallEnded: onCallEnded && ((summary) => void tell(onCallEnded, summary, log)),
  });
  return {
    fetch: async (request, info) => await app.handle(request, info?.remoteAddr.hostname ?? ""),
    handles: ({ url }) => app.paths.has(URL.parse(url)?.pathname ?? ""), // the Host header may hold anything
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
    await onCallEnded(redactRecord(endedRecord(summary), business.records.redact));
  } catch (error) {
    log.error("call_ended_failed", { call: callSid, business: business.id, message: messageOf(error) });
  }
}
