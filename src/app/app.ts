import type { Business } from "../businesses/business.ts";
import { BusinessDirectory } from "../businesses/directory.ts";
import { LiveBusinesses } from "../businesses/live_businesses.ts";
import { AppendSize } from "../call/append_size.ts";
import type { CallSummary } from "../call/call_session.ts";
import { costOf } from "../call/journal/cost.ts";
import { EndedCalls } from "../call/ended_calls.ts";
import { Recording } from "../call/recording.ts";
import { LiveCalls } from "../call/live_calls.ts";
import { DEFAULT_PRICES, withPrices } from "../call/journal/prices.ts";
import { sessionRequest } from "../model/openai/session_request.ts";
import { SuspendedCalls } from "../call/suspended_calls.ts";
import { searchKnowledge } from "../call/tools/search_knowledge.ts";
import { toolsOf } from "../call/tools/catalogue.ts";
import { type CallControlServices, TwilioCallControl } from "../carrier/twilio/call_control.ts";
import { sessionTerms } from "../call/conversation/session_terms.ts";
import { PATHS, WebhookUrls } from "../carrier/twilio/webhook_urls.ts";
import type { Config } from "../config/config.ts";
import { readVariable } from "../config/environment.ts";
import { callRecord } from "../http/operations.ts";
import { NO_PEERS, type PeerInstances } from "../cluster/peer_instances.ts";
import { LazyDashboard } from "../http/dashboard/lazy_dashboard.ts";
import { healthz, liveCalls, memory, metricsText, readyz } from "../http/operations.ts";
import { forOperators } from "../http/operators.ts";
import { onceBusinessesAreRead } from "../http/operations.ts";
import { ownReports } from "./own_reports.ts";
import { placeCall } from "../carrier/twilio/place_call.ts";
import type { Reports } from "../observability/reports/reports.ts";
import { type Handler, router } from "../http/router.ts";
import { stream, type StreamServices } from "../carrier/twilio/webhooks/stream.ts";
import { StreamTokens } from "../carrier/twilio/webhooks/stream_token.ts";
import { webhookRoutes } from "../carrier/twilio/webhooks/webhook_routes.ts";
import { Admission } from "../admission/admission.ts";
import { DayLimits, type PastSpending } from "../admission/day_limits.ts";
import { drain } from "../admission/drain.ts";
import { LagGate, MemoryGate, type MemoryReading } from "../admission/gates.ts";
import { MemoryMonitor } from "../observability/memory/memory_monitor.ts";
import { openSocket } from "../model/openai/connect.ts";
import { OpenSockets } from "../model/openai/open_sockets.ts";
import type { ModelSessionHandler } from "../model/model.ts";
import { RealtimeSession } from "../model/openai/realtime_session.ts";
import { SafetyIds } from "../model/openai/safety_id.ts";
import { WarmSessions } from "../model/openai/warm_sessions.ts";
import { AudioEngines } from "../services/audio_engines.ts";
import { businessSource } from "../services/business_services.ts";
import { knowledgeKind } from "../services/knowledge_services.ts";
import type { Recorder } from "../records/recorder.ts";
import { createRecorder } from "../services/record_services.ts";
import { type SharedServices, sharedServices } from "../services/shared_services.ts";
import type { Log } from "../observability/log.ts";
import { LoopLag } from "../observability/loop_lag.ts";
import { machineMemory, memoryLimit } from "../observability/process_resources.ts";
import { Metrics } from "../observability/metrics/metrics.ts";
import { ProcessMemoryReader } from "../observability/process_memory.ts";
import { TwilioRest } from "../carrier/twilio/twilio_rest.ts";
import { TwilioSigner } from "../carrier/twilio/signature.ts";
import type { Clock } from "../util/clock.ts";
import type { WorkerPeerServices } from "../cluster/worker_peers.ts";

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

const MIB = 1024 * 1024;
/** More calls than one process can hold: where `MAX_CALLS` is not set, memory and the event loop's lag are the limit. */
const MOST_CALLS = 100_000;
/** Unless nobody tells how much memory there is. */
const CALLS_IN_UNKNOWN_MEMORY = 1_000;

/** Wires the parts together. The only place that knows all of them. */
export async function createApp(
  {
    config,
    clock,
    log,
    businesses = new BusinessDirectory(),
    services: lent,
    onCallEnded,
    join,
    keepsRecords = false,
    lagGate = new LagGate(),
    streamSecret = crypto.randomUUID(),
  }: AppOptions,
): Promise<App> {
  const unshared = sharedServices(config, clock, log); // none of them open: nothing to it where they are lent
  const { registry, mongo } = lent ?? unshared;
  const engines = new AudioEngines(registry, config.resampler);
  const formatOf = (business: Business) => business.audioFormat ?? config.audioFormat;
  await engines.of(config.audioFormat); // what cannot be loaded shows now, and not at the first call
  const signer = config.twilioAuthToken === undefined ? undefined : new TwilioSigner(config.twilioAuthToken);
  const tokens = new StreamTokens(config.twilioAuthToken ?? streamSecret, () => clock.epoch());
  const limit = memoryLimit(config.memoryLimitMb === undefined ? undefined : config.memoryLimitMb * MIB);
  const admission = new Admission(
    config.maxCalls ?? (limit === undefined ? CALLS_IN_UNKNOWN_MEMORY : MOST_CALLS),
    () => clock.now(),
    { memory: new MemoryGate(limit, readMemory), lag: lagGate },
  );
  const metrics = new Metrics();
  const settingsOf = (id: string) => businesses.byId(id).records;
  const recorder = keepsRecords
    ? createRecorder({ config, registry, mongo, settingsOf, clock, log })
    : undefined;
  void recorder?.start();
  const recording = recorder && new Recording(recorder);
  const dayLimits = new DayLimits(() => clock.epoch(), recorder && pastSpending(recorder));
  const calls = new LiveCalls({
    onStarted: (call) => recording?.begun(call),
    onEnded: (call, summary) => {
      const { info, latest, reason } = summary;
      metrics.count("streamsEnded", reason);
      metrics.count("cost", "", latest.costUsd);
      const spending = { minutes: latest.durationMs / 60_000, costUsd: latest.costUsd };
      if (dayLimits.add(info.business, spending)) membership?.peers.spent(info.business.id, spending);
      recording?.ended(call, summary);
      onCallEnded?.(summary);
    },
  });
  const lag = new LoopLag(clock, (lateMs) => {
    lagGate.add(lateMs);
    metrics.observe("loopLag", lateMs / 1000);
  });
  const appendSize = new AppendSize();
  const monitor = new MemoryMonitor({
    reader: new ProcessMemoryReader(),
    calls,
    clock,
    log,
    limit,
    logSeconds: config.memoryLogSeconds,
    kernelSlots: () => engines.openCount,
    held: () => ({ admissionSlots: admission.inUse, warmSessions: warm.size, sessions: sockets.count }),
    services: () => registry.report(),
    relief: { trim: () => calls.trim(), closeIdle: () => registry.closeIdle() },
    lag,
  });
  const rest = new TwilioRest({ apiUrl: config.twilioApiUrl, authToken: config.twilioAuthToken, clock });
  const suspended = new SuspendedCalls(() => clock.now());
  const ended = new EndedCalls(() => clock.now());
  const warm = new WarmSessions(clock, config.warmSessions);
  const sockets = new OpenSockets();
  const knowledge = knowledgeKind({ config, registry, mongo, clock, log });
  const tools = perBusiness((business) =>
    toolsOf(
      business,
      clock,
      business.knowledge
        ? [searchKnowledge(business.knowledge, () => registry.acquire(knowledge, business.id), clock)]
        : [],
    )
  );
  const safetyIds = new SafetyIds(config.twilioAuthToken ?? streamSecret);
  const modelOf = (business: Business) => business.model ?? config.realtimeModel;
  const requestOf = perBusiness((business) =>
    sessionRequest({
      business,
      ...sessionTerms(business),
      format: formatOf(business),
      model: modelOf(business),
      tools: tools(business),
    })
  );
  const openSession = (business: Business, safetyId: string | undefined, handler: ModelSessionHandler) => {
    const endpoint = {
      url: config.realtimeUrl,
      apiKey: config.openaiApiKey,
      model: modelOf(business),
      safetyId,
    };
    return new RealtimeSession({
      open: () => sockets.add(openSocket(endpoint)),
      session: requestOf(business),
      clock,
    }, handler);
  };
  const { publicUrl, twilioAccountSid } = config;
  const prices = withPrices(DEFAULT_PRICES, config.prices);
  const urls = new WebhookUrls(publicUrl);
  const control: CallControlServices = {
    updateCall: (accountSid, callSid, change) => rest.updateCall(accountSid, callSid, change),
    urls,
    ended,
    clock,
  };
  const call: StreamServices["call"] = {
    clock,
    log,
    metrics,
    playback: { leadMs: config.playbackLeadMs, bufferMs: config.outputBufferMs },
    appendMs: () => appendSize.at(lag.meanMs, calls.active),
    toolsOf: tools,
    openRealtime: ({ callSid, business, safetyId }, handler) =>
      warm.take(callSid, handler) ?? openSession(business, safetyId, handler),
    openControl: (controlled, log) => new TwilioCallControl(control, controlled, log),
    costOf: (business, usage) => costOf(usage, prices, modelOf(business), business.transcription?.model),
    suspended,
  };
  const own = ownReports({
    monitor,
    calls,
    admission,
    metrics,
    clock,
    lagMs: () => lag.meanMs,
    warmSessions: () => warm.size,
    sessions: () => sockets.count,
    recordsWaiting: () => recorder?.waiting,
  });
  const membership = join?.({
    admission,
    suspended,
    calls,
    ended,
    businesses,
    dayLimits,
    metrics,
    clock,
    log,
    own,
  });
  const reports = membership?.reports ?? own;
  const services = {
    peers: membership?.peers ?? NO_PEERS,
    publicUrl,
    signer,
    tokens,
    admission,
    dayLimits,
    businesses,
    calls,
    call,
    engineOf: (business: Business) => engines.of(formatOf(business)),
    log,
    suspended,
    ended,
    rest,
    twilioAccountSid,
    clock,
    safetyIdOf: (number: string) => safetyIds.of(number),
    prepare: (callSid: string, business: Business, safetyId: string | undefined) =>
      warm.prepare(callSid, (handler) => openSession(business, safetyId, handler)),
  };
  const dashboard = new LazyDashboard({ adminToken: config.adminToken, reports, clock, log });
  const handle = router({
    ...dashboard.routes,
    ...onceBusinessesAreRead(businesses, {
      ...webhookRoutes(services),
      [`GET ${PATHS.stream}`]: stream(services),
      "POST /calls": forOperators(config.adminToken, placeCall(services)),
    }),
    "GET /healthz": healthz(),
    "GET /readyz": readyz(admission, services.peers, businesses),
    "GET /memory": forOperators(config.adminToken, memory(reports)),
    "GET /metrics": forOperators(config.adminToken, metricsText(reports)),
    "GET /calls": forOperators(config.adminToken, liveCalls(reports)),
    ...recorder && {
      "GET /records": forOperators(config.adminToken, callRecord((callSid) => recorder.get(callSid), log)),
    },
  }, log);
  return {
    handle,
    calls,
    internal: membership?.internal,
    drain: (seconds) => drain(admission, calls, clock, seconds),
    endViews: () => dashboard[Symbol.dispose](),
    [Symbol.asyncDispose]: async () => {
      calls.endAll();
      dashboard[Symbol.dispose]();
      warm[Symbol.dispose]();
      monitor[Symbol.dispose]();
      lag[Symbol.dispose]();
      await recorder?.[Symbol.asyncDispose]();
      await unshared[Symbol.asyncDispose]();
    },
  };
}

/** Read at every call that comes in: the two system calls take some tens of microseconds. */
function readMemory(): MemoryReading {
  return { rss: Deno.memoryUsage().rss, available: machineMemory()?.available };
}

/** What the records tell of the time before this process. */
function pastSpending(recorder: Recorder): PastSpending {
  return async (businessId, fromMs, untilMs) => {
    const spent = await recorder.spent(businessId, fromMs, untilMs);
    return spent && { minutes: spent.durationMs / 60_000, costUsd: spent.costUsd };
  };
}

/** Makes what all calls of a business share once for each, for as long as that business is known. */
function perBusiness<Shared>(make: (business: Business) => Shared): (business: Business) => Shared {
  const made = new WeakMap<Business, Shared>();
  return (business) => {
    let shared = made.get(business);
    if (shared === undefined) made.set(business, shared = make(business));
    return shared;
  };
}
