import { drain } from "../admission/drain.ts";
import { LagGate } from "../admission/gates.ts";
import { BusinessDirectory } from "../businesses/directory.ts";
import { LiveBusinesses } from "../businesses/live_businesses.ts";
import type { CallSummary } from "../call/call_summary.ts";
import type { LiveCalls } from "../call/live_calls.ts";
import { NO_PEERS, type PeerInstances } from "../cluster/peer_instances.ts";
import type { WorkerPeerServices } from "../cluster/worker_peers.ts";
import type { Config } from "../config/config.ts";
import { readVariable } from "../config/environment.ts";
import { LazyDashboard } from "../http/dashboard/lazy_dashboard.ts";
import { type Handler, router } from "../http/router.ts";
import type { Log } from "../observability/log.ts";
import { Metrics } from "../observability/metrics/metrics.ts";
import type { Reports } from "../observability/reports/reports.ts";
import { businessSource, type SharedServices, sharedServices } from "../services/shared_services.ts";
import type { Clock } from "../util/clock.ts";
import { type AppContext, callParts } from "./calls.ts";
import { operations } from "./operations.ts";
import { callRoutes, operatorRoutes } from "./routes.ts";

/** The program without its sockets: what answers requests, and how it stops. */
export interface App extends AsyncDisposable {
  readonly handle: Handler;
  readonly calls: LiveCalls;
  /** Answers the siblings of a worker; undefined where there are none. */
  readonly internal: Handler | undefined;
  /** Takes no new calls, waits for the live ones for at most `seconds`, then ends them. */
  drain(seconds: number): Promise<void>;
  /** Ends what would keep a server from closing in good order: the event streams of those who look at the dashboard. */
  endViews(): void;
}

/** What a program is made from. */
export interface AppOptions {
  config: Config;
  clock: Clock;
  log: Log;
  /** Default: one business that answers every number. */
  businesses?: BusinessDirectory;
  /** Services that others use too, and that whoever lends them closes. Default: its own. */
  services?: SharedServices;
  /** Told of every call once it is over. */
  onCallEnded?: (summary: CallSummary) => void;
  /** What tokens of streams are signed with when there is no auth token. Default a new one. */
  streamSecret?: string;
  /** Makes this process one of several workers on a port. Default: it is alone. */
  join?: JoinWorkers;
  /** Keeps a record of each call, in `DATA_DIR` or MongoDB. Default: keeps none. */
  keepsRecords?: boolean;
  /** Says when the event loop is too late for more calls. Default: by its measured lag. */
  lagGate?: LagGate;
}

/** What a worker does otherwise than a process that is alone. */
export interface Membership {
  readonly peers: PeerInstances;
  /** Of all workers. */
  readonly reports: Reports;
  readonly internal: Handler;
}

/** Acquaints the parts of this process with those of the other workers. */
export type JoinWorkers = (services: WorkerPeerServices & { own: Reports; log: Log }) => Membership;

/**
 * The businesses of the configured folder or collection, kept up to date until disposed of: before the services are.
 * @throws {AppError} when there are some and none can serve, or when the folder cannot be read
 */
export async function openBusinesses(
  { config, services, clock, log }: Required<Pick<AppOptions, "config" | "services" | "clock" | "log">>,
): Promise<LiveBusinesses> {
  const source = await businessSource({ config, services, secrets: readVariable, clock, log });
  return await LiveBusinesses.open({ source, clock, log });
}

/** Wires the parts together: calls, what is seen of them, and the routes to both. The only place that knows all of them. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, clock, log, join, keepsRecords = false, onCallEnded, lagGate = new LagGate() } = options;
  const unshared = sharedServices(config, clock, log); // none of them open: nothing to it where they are lent
  const context: AppContext = {
    config,
    clock,
    log,
    metrics: new Metrics(),
    businesses: options.businesses ?? new BusinessDirectory(),
    services: options.services ?? unshared,
    secret: config.twilioAuthToken ?? options.streamSecret ?? crypto.randomUUID(),
  };
  let peers = NO_PEERS;
  const calls = await callParts(context, {
    keepsRecords,
    lagGate,
    onSpent: (businessId, spending) => peers.spent(businessId, spending),
    onCallEnded,
  });
  const { live, admission, suspended, ended, dayLimits } = calls;
  const { monitor, reports: own } = operations(context, calls);
  const membership = join?.({ ...context, calls: live, admission, suspended, ended, dayLimits, own });
  if (membership) peers = membership.peers;
  const reports = membership?.reports ?? own;
  const dashboard = new LazyDashboard({ adminToken: config.adminToken, reports, clock, log });
  const handle = router({
    ...dashboard.routes,
    ...callRoutes(context, calls, peers),
    ...operatorRoutes(context, calls, { peers, reports }),
  }, log);
  return {
    handle,
    calls: live,
    internal: membership?.internal,
    drain: (seconds) => drain(admission, live, clock, seconds),
    endViews: () => dashboard[Symbol.dispose](),
    [Symbol.asyncDispose]: async () => {
      live.endAll();
      dashboard[Symbol.dispose]();
      calls.sessions[Symbol.dispose]();
      monitor[Symbol.dispose]();
      calls.lag[Symbol.dispose]();
      await calls.recorder?.[Symbol.asyncDispose]();
      await unshared[Symbol.asyncDispose]();
    },
  };
}
