import { streamUpgrade } from "../carrier/twilio/accept_stream.ts";
import { streamCheck } from "../carrier/twilio/stream_check.ts";
import type { StreamTokens } from "../carrier/twilio/stream_token.ts";
import { PATHS } from "../carrier/twilio/webhook_urls.ts";
import { NotedCalls } from "../carrier/twilio/webhooks/noted_calls.ts";
import { webhookRoutes } from "../carrier/twilio/webhooks/webhook_routes.ts";
import type { PeerInstances } from "../cluster/peer_instances.ts";
import {
  callRecord,
  drainHandler,
  healthz,
  liveCalls,
  memory,
  metricsText,
  onceBusinessesAreRead,
  readyz,
} from "../http/operator_handlers.ts";
import { callActionRoutes } from "../http/operate_call.ts";
import { recordingAudio } from "../http/recording_audio.ts";
import type { RecordHandlers } from "../http/dashboard/dashboard.ts";
import { recordList } from "../http/record_list.ts";
import type { OperatorAccess } from "../http/operators.ts";
import type { Handler, Routes } from "../http/router.ts";
import type { RecordReader } from "../records/record_reader.ts";
import type { Reports } from "../observability/reports/reports.ts";
import type { AppContext, CallParts } from "./calls.ts";

/** What operators are told, and by whom. */
export interface RouteSources {
  readonly peers: PeerInstances;
  readonly access: OperatorAccess;
  /** Of all processes that answer on the port. */
  readonly reports: Reports;
  /** Undefined for a process that is no instance of a fleet. */
  readonly fleet?: {
    /** Takes no more calls, and hands those it has over. */
    leave(): void;
    isAway(): boolean;
  };
}

/** Twilio's webhooks and media streams, and the route that places calls. */
export function callRoutes(
  context: AppContext,
  parts: CallParts,
  { peers, access, tokens, basePath = "" }: Pick<RouteSources, "peers" | "access"> & {
    tokens: StreamTokens;
    basePath?: string;
  },
): Routes {
  const { publicUrl, twilioAccountSid } = context.config;
  const { sessions } = parts;
  const services = {
    ...context,
    ...parts,
    publicUrl,
    basePath,
    twilioAccountSid,
    tokens,
    peers,
    notes: parts.recorder,
    earlierCalls: parts.recorder?.records,
    noted: new NotedCalls(() => context.clock.now()),
    safetyIdFor: (number: string) => sessions.safetyIdFor(number),
    prepare: sessions.prepare.bind(sessions),
  };
  return onceBusinessesAreRead(context.businesses, {
    ...webhookRoutes(services),
    [`GET ${PATHS.stream}/*`]: streamUpgrade(services),
    [`GET ${PATHS.check}`]: streamCheck(services),
    // loaded by the first request, which a server may never get
    "POST /calls": access.guard(async (request, peer) => {
      const { placeCall } = await import("../carrier/twilio/place_call.ts");
      return await placeCall(services)(request, peer);
    }),
  });
}

/** What operators do to live calls, wherever those are. Each of them must be guarded. */
export function actionRoutes(
  { clock }: Pick<AppContext, "clock">,
  { calls }: Pick<CallParts, "calls">,
  { peers }: Pick<RouteSources, "peers">,
): Routes {
  return callActionRoutes(
    async (callSid, action) => calls.act(callSid, action) ?? await peers.act(callSid, action),
    clock,
  );
}

/** The operations endpoints. Only liveness and readiness are public. */
export function operatorRoutes(
  context: AppContext,
  parts: CallParts,
  { peers, access, reports, fleet }: RouteSources,
): Routes {
  const { log, businesses, clock } = context;
  const { admission, recorder, calls } = parts;
  const guarded = (handler: Handler) => access.guard(handler);
  const records = recorder && recordHandlers(recorder.records, { log, clock });
  return {
    "GET /healthz": healthz(),
    "GET /readyz": readyz(admission, peers, businesses, fleet),
    ...fleet && { "POST /drain": guarded(drainHandler(fleet, calls)) },
    "GET /memory": guarded(memory(reports)),
    "GET /metrics": guarded(metricsText(reports)),
    "GET /calls": guarded(liveCalls(reports)),
    ...guardedRoutes(actionRoutes(context, parts, { peers }), access),
    ...records && {
      "GET /records": guarded(records.list),
      "GET /records/*/recording": guarded(records.recording),
    },
  };
}

/** What operators are shown of finished calls. Each of them must be guarded. */
export function recordHandlers(
  records: RecordReader,
  { log, clock }: Pick<AppContext, "log" | "clock">,
): RecordHandlers {
  return {
    list: callRecord(
      (callSid) => records.get(callSid),
      log,
      recordList((query) => records.list(query), log),
    ),
    recording: recordingAudio((callSid) => records.recordingOf(callSid), log),
    // loaded with the rest of the dashboard, which nobody may ever open
    hours: async (request, peer) => {
      const { dayHours } = await import("../http/dashboard/day_hours.ts");
      return await dayHours((since, until) => records.hours(since, until), clock, log)(request, peer);
    },
  };
}

function guardedRoutes(routes: Routes, access: OperatorAccess): Routes {
  return Object.fromEntries(
    Object.entries(routes).map(([route, handler]) => [route, access.guard(handler)]),
  );
}
