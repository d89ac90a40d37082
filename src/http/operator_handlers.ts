import { PROMETHEUS_TYPE } from "../observability/metrics/prometheus_text.ts";
import type { Reports } from "../observability/reports/reports.ts";
import type { Log } from "../observability/log.ts";
import { messageOf } from "../util/errors.ts";
import { requestLog } from "./request_ids.ts";
import { type Handler, jsonResponse, type Routes, textResponse } from "./router.ts";

/**
 * Status while the businesses have not been read once: their folder or collection has been unreachable since
 * the start.
 */
const BUSINESSES_UNREAD = "businesses_unread";

/** `GET /healthz`: the process is alive. */
export function healthz(): Handler {
  return () => jsonResponse(200, { status: "ok" });
}

/**
 * `GET /readyz`: whether new calls should be sent here. When not, 503 and the reason, a little before callers
 * are refused. A full process is ready as long as a peer has a slot.
 *
 * @param fleet of which it is an instance, if it is
 */
export function readyz(
  admission: { readonly readyRefusal: string | undefined },
  peers: { isReady(): Promise<boolean> },
  businesses: { readonly isRead: boolean },
  fleet?: { isAway(): boolean },
): Handler {
  return async () => {
    if (!businesses.isRead) return jsonResponse(503, { status: BUSINESSES_UNREAD });
    const refusal = admission.readyRefusal;
    const isReady = refusal === undefined || (refusal === "full" && await peers.isReady());
    // Calls are taken all the same; whoever looks here learns why limits are each instance's own.
    const detail = fleet && { cluster: fleet.isAway() ? "away" : "connected" };
    return isReady
      ? jsonResponse(200, { status: "ready", ...detail })
      : jsonResponse(503, { status: refusal, ...detail });
  };
}

/**
 * `POST /drain`: this instance takes no more calls, and hands those it has over to others. It answers at
 * once, and goes on until it is stopped.
 */
export function drainHandler(fleet: { leave(): void }, calls: { readonly active: number }): Handler {
  return () => {
    fleet.leave();
    return jsonResponse(202, { status: "draining", calls: calls.active });
  };
}

/**
 * Answers 503 until the businesses have been read. Twilio then asks the number's fallback URL, which beats
 * telling a caller that nobody is there.
 */
export function onceBusinessesAreRead(businesses: { readonly isRead: boolean }, routes: Routes): Routes {
  return Object.fromEntries(
    Object.entries(routes).map(([route, handler]) => [
      route,
      (request, peer) =>
        businesses.isRead ? handler(request, peer) : jsonResponse(503, { status: BUSINESSES_UNREAD }),
    ]),
  );
}

/** `GET /memory`: the server's memory and its calls. */
export function memory(reports: Pick<Reports, "memory">): Handler {
  return async () => jsonResponse(200, await reports.memory());
}

/** `GET /metrics`: all metrics in Prometheus's text format. */
export function metricsText(reports: Pick<Reports, "metrics">): Handler {
  return async () => new Response(await reports.metrics(), { headers: { "content-type": PROMETHEUS_TYPE } });
}

/** `GET /calls`: the live calls, oldest first. */
export function liveCalls(reports: Pick<Reports, "calls">): Handler {
  return async () => jsonResponse(200, await reports.calls());
}

/** Names what a record waits for, where it has not arrived everywhere: the record itself is the same. */
const WAITS_FOR_HEADER = "x-slimline-waits-for";

/** What is known of a call: its record, and where that has still to go. */
interface FoundRecord {
  readonly record: unknown;
  readonly waitsFor: readonly string[];
}

/**
 * `GET /records?call=CALLSID`: the record of a finished call; 404 when there is none, or none yet. Of one
 * that has not arrived everywhere, `X-Slimline-Waits-For` says what it waits for.
 *
 * @param get rejects when the records cannot be reached
 * @param list answers a request that names no call. Default: it is refused
 */
export function callRecord(
  get: (callSid: string) => Promise<FoundRecord | undefined>,
  log: Log,
  list: Handler = () => textResponse(400, "Name the call: /records?call=CA…"),
): Handler {
  return withinReach(log, async (request, peer) => {
    const callSid = new URL(request.url).searchParams.get("call");
    if (!callSid) return await list(request, peer);
    const found = await get(callSid);
    if (found === undefined) return textResponse(404, "There is no record of this call.");
    const response = jsonResponse(200, found.record);
    if (found.waitsFor.length > 0) response.headers.set(WAITS_FOR_HEADER, found.waitsFor.join(", "));
    return response;
  });
}

/** A handler that asks the store of records: whatever it throws says that the store cannot be reached. */
export function withinReach(log: Log, handler: Handler): Handler {
  return async (request, peer) => {
    try {
      return await handler(request, peer);
    } catch (error) {
      requestLog(log, request).warn("records_out_of_reach", { message: messageOf(error) });
      return textResponse(503, "Records cannot be reached.");
    }
  };
}
