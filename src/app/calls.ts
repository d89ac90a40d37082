import { Admission } from "../admission/admission.ts";
import type { SlotObserver } from "../admission/call_slots.ts";
import { DayLimits, type PastSpending, type Spending } from "../admission/day_limits.ts";
import { OutboundLedger } from "../admission/outbound_ledger.ts";
import { OutboundLimits } from "../admission/outbound_limits.ts";
import type { PlacedCalls } from "../admission/placed_calls.ts";
import { DescriptorGate, type LagGate, MemoryGate, type MemoryReading } from "../admission/gates.ts";
import type { Business } from "../businesses/business.ts";
import type { BusinessDirectory } from "../businesses/directory.ts";
import { CallLookups } from "../call/call_lookups.ts";
import { AppendSize } from "../call/append_size.ts";
import type { CallEngine, CallServices } from "../call/call_services.ts";
import type { CallExpense, CallInfo, CallSummary } from "../call/call_summary.ts";
import { type CallEnding, EndedCalls } from "../call/ended_calls.ts";
import type { HoldWords } from "../call/hold/hold_words.ts";
import { usageCost } from "../call/journal/cost.ts";
import { LiveCalls } from "../call/live_calls.ts";
import { Recording } from "../call/recording.ts";
import { SuspendedCalls, type SuspensionObserver } from "../call/suspended_calls.ts";
import { createTools } from "../call/tools/business_tools.ts";
import { searchKnowledge } from "../call/tools/search_knowledge.ts";
import type { Tool } from "../call/tools/tool.ts";
import { type CallControlServices, TwilioCallControl } from "../carrier/twilio/call_control.ts";
import type { AuthTokens } from "../carrier/twilio/auth_tokens.ts";
import { TwilioRecordings } from "../carrier/twilio/twilio_recordings.ts";
import { type CallChange, TwilioRest } from "../carrier/twilio/twilio_rest.ts";
import { WebhookUrls } from "../carrier/twilio/webhook_urls.ts";
import type { Config } from "../config/config.ts";
import { GuardedRequests } from "../egress/guarded_requests.ts";
import type { Log } from "../observability/log.ts";
import { CoreUse } from "../observability/core_use.ts";
import { LoopLag } from "../observability/loop_lag.ts";
import type { Metrics } from "../observability/metrics/metrics.ts";
import { machineMemory, memoryLimit } from "../observability/process_resources.ts";
import { Reconnects } from "../model/reconnects.ts";
import type { OpenKnowledgeStore } from "../knowledge/knowledge_store.ts";
import type { RecordStore } from "../records/record_store.ts";
import type { RecordReader } from "../records/record_reader.ts";
import type { Recorder } from "../records/recorder.ts";
import { AudioEngines } from "../services/audio_engines.ts";
import { knowledgeKind } from "../services/knowledge_services.ts";
import { createRecorder } from "../services/record_services.ts";
import type { SharedServices } from "../services/shared_services.ts";
import type { Clock } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import { callTracing } from "./call_tracing.ts";
import { holdWords, knownPrices } from "./hold_voices.ts";
import { modelFor, ModelSessions, perBusiness } from "./model_sessions.ts";
import type { ProcessSockets } from "./process_sockets.ts";

/** What all parts of the program share. */
export interface AppContext {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly businesses: BusinessDirectory;
  readonly services: SharedServices;
  /** Of the accounts whose calls are taken. Undefined with `--insecure`. */
  readonly authTokens: AuthTokens | undefined;
  /** Seals the tokens of streams, and names callers to OpenAI. */
  readonly secret: string;
  readonly sockets: ProcessSockets;
}

/** How calls are taken. */
export interface CallOptions {
  readonly lagGate: LagGate;
  /**
   * Where records of calls are kept: as configured (true), nowhere (false), or in a store of the user's own.
   */
  readonly records: boolean | RecordStore;
  /** Opens the knowledge of a business, in place of the configured store. */
  readonly openKnowledge?: OpenKnowledgeStore;
  /** Tools written in code, in addition to those that the business describes. */
  readonly toolsFor?: (business: Business) => readonly Tool[];
  /** Changes a call that Twilio does not know; undefined when it is Twilio's. Default: all are. */
  readonly updateOwnCall?: (callSid: string, change: CallChange) => boolean | undefined;
  /** Told what a call took when its business has a daily limit. */
  readonly onSpent: (businessId: string, spending: Spending) => void;
  /** Told what calls cost that a business has placed. */
  readonly onPlaced: (businessId: string, placed: PlacedCalls) => void;
  /** Told what the instances of a fleet must know of each other's calls. */
  readonly fleet: SlotObserver & SuspensionObserver & { over(callSid: string, ending: CallEnding): void };
  /** Told of each stream of a call that is over. */
  readonly onCallEnded?: (summary: CallSummary) => void;
}

/** Everything that calls are made from, and those that are live. */
export interface CallParts {
  readonly calls: LiveCalls;
  readonly suspended: SuspendedCalls;
  readonly ended: EndedCalls;
  /** What each call works with. */
  readonly call: CallServices;
  /** The sentences for callers who wait. */
  readonly words: HoldWords;
  readonly engines: AudioEngines;
  readonly engineFor: (business: Business) => Promise<CallEngine>;
  readonly sessions: ModelSessions;
  readonly rest: TwilioRest;
  readonly lookups: CallLookups;
  readonly admission: Admission;
  readonly dayLimits: DayLimits;
  /** What was spent before this process started. Undefined when no records are kept. */
  readonly past: PastSpending | undefined;
  /** The share of one core that this process uses. */
  readonly coreShare: () => number;
  readonly outboundLimits: OutboundLimits;
  /** Undefined when no records are kept. */
  readonly outboundLedger: OutboundLedger | undefined;
  /** Bytes of memory that the process may use; undefined when unknown. */
  readonly memoryLimitBytes: number | undefined;
  readonly lag: LoopLag;
  /** Undefined when no records are kept. */
  readonly recorder: Recorder | undefined;
}

const MIB = 1024 * 1024;
/** More than one process can hold: without `MAX_CALLS`, memory and the event loop's lag are the limit. */
const MOST_CALLS = 100_000;
/** The limit without `MAX_CALLS` when the memory is unknown, too. */
const CALLS_IN_UNKNOWN_MEMORY = 1_000;

/**
 * Wires what calls are made from: audio engines, sessions with the model, tools, the carrier's control,
 * records, and admission.
 * @throws what loading the audio engine throws: better now than at the first call
 */
export async function callParts(context: AppContext, options: CallOptions): Promise<CallParts> {
  const { config, clock, log, metrics, businesses, sockets, services: { registry, mongo } } = context;
  const engines = new AudioEngines(registry, config.resampler);
  await engines.of(config.audioFormat);
  const memoryLimitBytes = memoryLimit(
    config.memoryLimitMb === undefined ? undefined : config.memoryLimitMb * MIB,
  );
  const admission = new Admission(
    config.maxCalls ?? (memoryLimitBytes === undefined ? CALLS_IN_UNKNOWN_MEMORY : MOST_CALLS),
    () => clock.now(),
    {
      memory: new MemoryGate(memoryLimitBytes, readMemory),
      descriptors: new DescriptorGate({
        hasRoomFor: (count) => sockets.hasRoomFor(count),
        lingering: () => sockets.lingering + sessions.lingeringCount,
      }),
      lag: options.lagGate,
    },
    options.fleet,
  );
  const appendSize = new AppendSize();
  const coreUse = new CoreUse();
  const lag = new LoopLag(clock, (lateMs) => {
    options.lagGate.add(lateMs);
    metrics.observe("loopLag", lateMs / 1000);
    appendSize.update(lateMs, coreUse.sample(clock.now()));
  });
  const requests = new GuardedRequests({ privateHosts: config.privateHosts });
  const rest = new TwilioRest({ apiUrl: config.twilioApiUrl, authTokens: context.authTokens, clock });
  const { records } = options;
  const store = typeof records === "object" ? records : undefined;
  const recorder = records === false ? undefined : createRecorder({
    ...{ config, registry, store, mongo, requests, clock, log },
    businessOf: (id) => businesses.byId(id),
    source: recordingSource(context, rest),
  });
  void recorder?.start();
  const past = recorder && pastSpending(recorder.records);
  // A fleet counts in its database, for good.
  const isAlone = config.cluster === undefined;
  const dayLimits = new DayLimits(() => clock.epoch(), isAlone ? past : undefined);
  const outboundLedger = records === false || !isAlone
    ? undefined
    : await OutboundLedger.open({ folder: `${config.dataDir}/outbound`, clock, log });
  const outboundLimits = new OutboundLimits(() => clock.epoch(), outboundLedger);
  const book = bookkeeper({ metrics, dayLimits, outboundLimits }, options);
  const calls = liveCalls({ metrics, sockets, recorder, book }, options);
  const suspended = new SuspendedCalls(() => clock.now(), options.fleet);
  const ended = new EndedCalls(() => clock.now(), (...ending) => options.fleet.over(...ending));
  const control: CallControlServices = {
    updateCall: async (accountSid, callSid, change, isMoot) => {
      const isUpdated = options.updateOwnCall?.(callSid, change);
      if (isUpdated !== undefined) return isUpdated ? "updated" : "gone";
      return await rest.updateCall(accountSid, callSid, change, isMoot);
    },
    urls: new WebhookUrls(config.publicUrl),
    ended,
    clock,
  };
  const toolsFor = businessTools(context, options, requests);
  // Most streams of a fleet meet another instance than their webhook did.
  const ahead = isAlone ? config : { ...config, warmSessions: 0 };
  const sessions = new ModelSessions(ahead, context.secret, clock, toolsFor, () => sockets.makeRoom());
  const prices = knownPrices(config);
  const words = holdWords(context, {
    sessions,
    engines,
    onCost: (business, costUsd) => book({ business, isOutbound: false }, { durationMs: 0, costUsd }),
  });
  return {
    calls,
    suspended,
    ended,
    call: {
      clock,
      log,
      metrics,
      tracing: await callTracing(config),
      playback: { leadMs: config.playbackLeadMs, bufferMs: config.outputBufferMs },
      appendSize,
      toolsFor,
      openRealtime: (info, handler) => sessions.take(info, handler),
      reconnects: new Reconnects(clock),
      holdWords: words,
      openControl: (controlled, log) => new TwilioCallControl(control, controlled, log),
      callCost: (business, usage) =>
        usageCost(usage, prices, modelFor(business, config), business.transcription?.model),
      suspended,
      book,
      spentLimit: ({ business, isOutbound }) =>
        dayLimits.spentLimit(business) ??
          (isOutbound && outboundLimits.isCostSpent(business) ? "outbound_day_cost" : undefined),
    },
    words,
    engines,
    engineFor: (business) => engines.of(business.audioFormat ?? config.audioFormat),
    sessions,
    rest,
    lookups: new CallLookups(requests, clock, log),
    admission,
    dayLimits,
    past,
    coreShare: () => coreUse.share,
    outboundLimits,
    outboundLedger,
    memoryLimitBytes,
    lag,
    recorder,
  };
}

/** Where recordings of messages are. The API is where the operator says; redirects lead to what is public. */
function recordingSource(
  { config: { twilioApiUrl: apiUrl }, authTokens }: AppContext,
  rest: TwilioRest,
): TwilioRecordings | undefined {
  const hosts = apiUrl.split(",").map((url) => new URL(url).host);
  return authTokens && new TwilioRecordings({
    apiUrl,
    authTokens,
    requests: new GuardedRequests({ privateHosts: hosts }),
    rest,
  });
}

/** Counts what a call has taken, for metrics and limits, here and in the other processes. */
function bookkeeper(
  { metrics, dayLimits, outboundLimits }:
    & Pick<AppContext, "metrics">
    & Pick<CallParts, "dayLimits" | "outboundLimits">,
  { onSpent, onPlaced }: CallOptions,
): (info: Pick<CallInfo, "business" | "isOutbound">, expense: CallExpense) => void {
  return ({ business, isOutbound }, { durationMs, costUsd }) => {
    metrics.count("cost", "", costUsd);
    const spending = { minutes: durationMs / 60_000, costUsd };
    if (dayLimits.add(business, spending)) onSpent(business.id, spending);
    if (!isOutbound) return;
    const placed = { calls: 0, costUsd };
    outboundLimits.add(business, placed);
    onPlaced(business.id, placed);
  };
}

/** The live calls. When a stream ends, what it took is counted and recorded, and the hooks are told. */
function liveCalls(
  { metrics, sockets, recorder, book }:
    & Pick<AppContext, "metrics" | "sockets">
    & Pick<CallParts, "recorder">
    & { book: CallServices["book"] },
  { onCallEnded }: CallOptions,
): LiveCalls {
  const recording = recorder && new Recording(recorder);
  return new LiveCalls({
    onStarted: (call) => recording?.begun(call),
    onEnded: (call, summary) => {
      const { info, latest, reason } = summary;
      metrics.count("streamsEnded", reason);
      book(info, latest);
      sockets.makeRoom(); // for the record
      recording?.ended(call, summary);
      onCallEnded?.(summary);
    },
  });
}

/**
 * The tools of each business. The first search opens its knowledge. Tools in code whose names clash with
 * others are left out: a business file that changes must not keep calls from being taken.
 */
function businessTools(
  { config, clock, log, services: { registry, mongo } }: AppContext,
  { openKnowledge: openStore, toolsFor = () => [] }: CallOptions,
  requests: GuardedRequests,
): (business: Business) => readonly Tool[] {
  const knowledge = knowledgeKind({ config, registry, openStore, mongo, clock, log });
  return perBusiness((business) => {
    const { id, knowledge: settings } = business;
    const search = settings && searchKnowledge(settings, () => registry.acquire(knowledge, id), clock);
    const described = search ? [search] : [];
    try {
      return createTools(business, clock, requests, [...described, ...toolsFor(business)]);
    } catch (error) {
      log.error("tools_left_out", { business: id, message: messageOf(error) });
      return createTools(business, clock, requests, described);
    }
  });
}

/** Read for each incoming call: the two system calls take tens of microseconds. */
function readMemory(): MemoryReading {
  return { rss: Deno.memoryUsage().rss, available: machineMemory()?.available };
}

/** Reads from the records what was spent before this process started. */
function pastSpending(records: RecordReader): PastSpending {
  return async (businessId, fromMs, untilMs) => {
    const spent = await records.spent(businessId, fromMs, untilMs);
    return spent && { minutes: spent.durationMs / 60_000, costUsd: spent.costUsd };
  };
}
