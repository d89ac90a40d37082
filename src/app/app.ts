import { drain } from "../admission/drain.ts";
import { LagGate } from "../admission/gates.ts";
import { type Business, NO_BUSINESS } from "../businesses/business.ts";
import type { BusinessDirectory } from "../businesses/directory.ts";
import { LiveBusinesses } from "../businesses/live_businesses.ts";
import type { LiveCalls } from "../call/live_calls.ts";
import { AuthTokens } from "../carrier/twilio/auth_tokens.ts";
import { PATHS } from "../carrier/twilio/webhook_urls.ts";
import { StreamTokens } from "../carrier/twilio/stream_token.ts";
import { NO_PEERS, type PeerInstances } from "../cluster/peer_instances.ts";
import type { WorkerPeerServices } from "../cluster/worker_peers.ts";
import type { Config } from "../config/config.ts";
import { readVariable } from "../config/environment.ts";
import { lazyDashboard } from "../http/dashboard/lazy_dashboard.ts";
import { type OperatorSessions, OwnSessions } from "../http/operator_sessions.ts";
import { onlyFromHere, OperatorAccess } from "../http/operators.ts";
import { withRequestIds } from "../http/request_ids.ts";
import { type Handler, matchingPath, router, type Routes } from "../http/router.ts";
import type { Log } from "../observability/log.ts";
import { Metrics } from "../observability/metrics/metrics.ts";
import type { Reports } from "../observability/reports/reports.ts";
import { businessSource, sharedServices } from "../services/shared_services.ts";
import type { Clock } from "../util/clock.ts";
import { AppError } from "../util/errors.ts";
import { closeInOrder } from "../util/close_in_order.ts";
import { type AppContext, type CallOptions, callParts } from "./calls.ts";
import { reportUnreachable } from "./network_hosts.ts";
import { operations } from "./operations.ts";
import { ProcessSockets } from "./process_sockets.ts";
import type { FleetMembership } from "./fleet.ts";
import { actionRoutes, callRoutes, operatorRoutes, recordHandlers } from "./routes.ts";
import { LazyTelephone, type OperatorsOnly, type TelephoneOptions } from "./lazy_telephone.ts";

/**
 * How long each part may take to close. What the recorder has not written by then is on the disk already, or
 * cannot be.
 */
const CLOSE_STEP_MS = 3_500;

/** The program without its sockets: what answers requests, and how it stops. */
export interface App extends AsyncDisposable {
  readonly handle: Handler;
  /** Whether it answers a path other than by 404. */
  answers(path: string): boolean;
  readonly calls: LiveCalls;
  /** Answers the other workers; undefined when there are none. */
  readonly internal: Handler | undefined;
  /** Reads the configured businesses again. */
  reload(): Promise<void>;
  /** Takes no new calls, waits for the live ones for at most `seconds`, then ends them. */
  drain(seconds: number): Promise<void>;
  /** Sockets that were closed some seconds ago and whose peers keep them open: callers' and OpenAI's. */
  readonly lingeringSockets: number;
  /** Whether no call is live or about to be. */
  readonly isIdle: boolean;
  /** Closes the event streams of open dashboards, which would keep a server from shutting down. */
  endViews(): void;
}

/** What a program is made from. */
export interface AppOptions extends Omit<Partial<CallOptions>, "onSpent" | "onPlaced" | "fleet"> {
  config: Config;
  clock: Clock;
  log: Log;
  /** Who answers. Default: the businesses of the configured folder or collection, kept up to date. */
  businesses?: BusinessDirectory;
  /** Comes before the paths of all requests. Default: nothing. */
  basePath?: string;
  /** Signs stream tokens when there is no auth token. Default: a new secret. */
  streamSecret?: string;
  /** Of the sign-in link. Default: there is none. */
  signInCode?: string;
  /** Makes this process one of several workers on a port. Default: it is alone. */
  join?: JoinWorkers;
  /** Its descriptors, where they are its own. */
  sockets?: ProcessSockets;
  /** Operators can call the server by their browser. Default: they cannot. */
  telephone?: TelephoneOptions;
  /**
   * Whoever uses this machine is an operator, who also sees what is said as it was: for a server of one's own
   * callers. Default false.
   */
  isOpenHere?: boolean;
}

/** What a worker uses in place of what a single process has. */
export interface Membership {
  readonly peers: PeerInstances;
  /** Of all workers. */
  readonly reports: Reports;
  readonly sessions: OperatorSessions;
  /** How many they are, this one included. */
  readonly workers: number;
  readonly internal: Handler;
}

/** Connects the parts of this process with those of the other workers. */
export type JoinWorkers = (
  services: WorkerPeerServices & { own: Reports; sessions: OperatorSessions; log: Log },
) => Membership;

/**
 * Wires the three parts together: calls, what operators see of them, and the routes to both.
 * @throws {BusinessesError} when businesses are described and none can serve
 * @throws {AppError} `businesses_unreadable`, or `businesses_unknown` for a telephone's
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, clock, log, join } = options;
  await using held = new AsyncDisposableStack(); // released when a later step throws
  const services = held.use(sharedServices(config, clock, log));
  const onTaken = (businesses: readonly Business[]) => reportUnreachable(businesses, log);
  const source = () => businessSource({ config, services, secrets: readVariable, clock, log });
  const followed = options.businesses
    ? { directory: options.businesses, reload: () => Promise.resolve() }
    : held.use(await LiveBusinesses.open({ source: await source(), clock, log, onTaken }));
  const context: AppContext = {
    config,
    clock,
    log,
    metrics: new Metrics(),
    businesses: followed.directory,
    services,
    authTokens: config.twilioAuthToken === undefined ? undefined : new AuthTokens(config.twilioAuthToken),
    secret: config.twilioAuthToken ?? options.streamSecret ?? crypto.randomUUID(),
    sockets: options.sockets ?? new ProcessSockets(),
  };
  let peers = NO_PEERS;
  let membershipInFleet: FleetMembership | undefined;
  const inFleet = () => membershipInFleet?.fleet;
  const telephone = options.telephone && browserTelephone(context, options.telephone, {
    guard: (handler) => (request, peer) => dashboard.guard(handler)(request, peer),
    shown: (page) => (request, peer) => dashboard.shown(page)(request, peer),
  });
  const parts = await callParts(context, {
    ...options,
    updateOwnCall: (callSid, change) => telephone?.update(callSid, change),
    records: options.records ?? true,
    lagGate: options.lagGate ?? new LagGate(),
    onSpent: (businessId, spending) => peers.spent(businessId, spending),
    onPlaced: (businessId, placed) => peers.placed(businessId, placed),
    fleet: {
      freed: (...slot) => inFleet()?.freed(...slot),
      renamed: (...slot) => inFleet()?.renamed(...slot),
      kept: (...call) => inFleet()?.kept(...call),
      left: (...call) => inFleet()?.left(...call),
      dropped: (callSid) => inFleet()?.dropped(callSid),
      over: (...ending) => inFleet()?.over(...ending),
    },
  });
  const { calls, admission } = parts;
  const { monitor, reports: own } = operations(context, parts, inFleet, options.isOpenHere);
  const tokens = new StreamTokens(context.secret, () => clock.epoch());
  const ownSessions = new OwnSessions(clock, options.signInCode);
  const membership = join?.({ ...context, ...parts, tokens, own, sessions: ownSessions });
  if (membership) peers = membership.peers;
  if (config.cluster !== undefined) {
    const { joinFleet } = await import("./fleet.ts");
    membershipInFleet = await joinFleet(context, parts, membership?.peers);
    peers = membershipInFleet.fleet;
  }
  const leave = () => {
    admission.drain();
    membershipInFleet?.mover.moveAll();
  };
  const reports = membership?.reports ?? own;
  const { adminToken } = config;
  const access = new OperatorAccess(adminToken, clock, 1 / (membership?.workers ?? 1));
  const sessions = membership?.sessions ?? ownSessions;
  const dashboard = lazyDashboard({
    adminToken,
    access,
    sessions,
    reports,
    isOpenHere: options.isOpenHere,
    records: parts.recorder && recordHandlers(parts.recorder.records, context),
    hasTelephone: telephone !== undefined,
    publicUrl: config.publicUrl,
    actions: actionRoutes(context, parts, { peers }),
    clock,
    log,
  });
  const routes: Routes = {
    ...dashboard.routes,
    ...telephone?.routes,
    ...callRoutes(context, parts, { peers, access, tokens, basePath: options.basePath }),
    ...operatorRoutes(context, parts, {
      peers,
      access,
      reports,
      fleet: membershipInFleet && { leave, isAway: () => inFleet()?.link.isAway ?? false },
    }),
  };
  const handle = router(routes, log, options.basePath);
  const paths = new Set(Object.keys(routes).map((route) => route.split(" ")[1]));
  paths.delete("/"); // a program around this one has a page of its own there
  const open = held.move();
  return {
    handle: withRequestIds(config.twilioAuthToken === undefined ? onlyFromHere(handle) : handle),
    answers: (path) => matchingPath(paths, path) !== undefined,
    calls,
    internal: membership && telephone ? withCarrier(handle, membership.internal) : membership?.internal,
    reload: () => followed.reload(),
    drain: (seconds) => {
      leave();
      return drain(admission, calls, clock, seconds);
    },
    get lingeringSockets() {
      return context.sockets.lingering + parts.sessions.lingeringCount;
    },
    get isIdle() {
      return calls.active === 0 && admission.inUse === 0;
    },
    endViews: () => dashboard[Symbol.dispose](),
    [Symbol.asyncDispose]: () =>
      closeInOrder([
        ["telephone", () => telephone?.[Symbol.asyncDispose]()],
        ["calls", () => calls.endAll()],
        ["cluster", () => membershipInFleet?.[Symbol.asyncDispose]()],
        ["dashboard", () => dashboard[Symbol.dispose]()],
        ["hold words", () => parts.words[Symbol.asyncDispose]()],
        ["sessions", () => parts.sessions[Symbol.dispose]()],
        ["monitor", () => monitor[Symbol.dispose]()],
        ["lag", () => parts.lag[Symbol.dispose]()],
        ["outbound", () => parts.outboundLedger?.[Symbol.asyncDispose]()],
        ["recorder", () => parts.recorder?.[Symbol.asyncDispose]()],
        ["services", () => open[Symbol.asyncDispose]()],
      ], {
        clock,
        stepMs: CLOSE_STEP_MS,
        onTrouble: (what, message) => log.error("close_failed", { what, message }),
      }),
  };
}

/** Answers a worker's own browsers as the carrier's requests are answered, and its siblings. */
function withCarrier(handle: Handler, siblings: Handler): Handler {
  const paths = new Set<string>([...Object.values(PATHS), `${PATHS.stream}/*`]);
  return (request, peer) => {
    const path = URL.parse(request.url)?.pathname ?? "";
    return matchingPath(paths, path) === undefined ? siblings(request, peer) : handle(request, peer);
  };
}

/** Businesses that a message names. */
const MAX_NAMED = 20;
/** The account of calls from a browser, where none is configured. */
const NO_ACCOUNT = `AC${"0".repeat(32)}`;

/** The telephone in the browser. What it signs with is what the server believes. */
function browserTelephone(
  { config, clock, log, businesses, authTokens }: AppContext,
  { load, address, model, business }: TelephoneOptions,
  operators: OperatorsOnly,
): LazyTelephone {
  if (business !== undefined && businesses.isRead && businesses.byId(business) === NO_BUSINESS) {
    const known = businesses.first(MAX_NAMED).map(({ id }) => id).join(", ");
    throw new AppError("businesses_unknown", `There is no business ${business}; there are: ${known}.`);
  }
  const wanted = config.twilioAccountSid ?? NO_ACCOUNT;
  const accountSid = authTokens?.believed(wanted) ?? wanted;
  const { openaiBaseUrl: baseUrl, openaiApiKey: apiKey } = config;
  return new LazyTelephone(load, {
    clock,
    log,
    businesses,
    publicUrl: config.publicUrl,
    accountSid,
    authToken: authTokens?.of(accountSid)[0]?.text,
    address,
    model: model ?? config.realtimeModel,
    speech: model === undefined ? { baseUrl, apiKey } : undefined,
  }, operators);
}
