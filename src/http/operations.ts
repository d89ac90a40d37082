import type { Admission } from "../admission/admission.ts";
import { PROMETHEUS_TYPE } from "../observability/metrics/prometheus_text.ts";
import { BUSINESSES_UNREAD } from "./once_read.ts";
import type { Reports } from "../observability/reports/reports.ts";
import { type Handler, json } from "./router.ts";

/** `GET /healthz`: the process is alive. */
export function healthz(): Handler {
  return () => json(200, { status: "ok" });
}

/**
 * `GET /readyz`: whether new calls should be sent here; 503 and the reason when not, a little before callers are refused. A
 * full process is ready as long as it can reserve in another.
 */
export function readyz(
  admission: Pick<Admission, "readyRefusal">,
  peers: { isReady(): Promise<boolean> },
  businesses: { readonly isRead: boolean },
): Handler {
  return async () => {
    if (!businesses.isRead) return json(503, { status: BUSINESSES_UNREAD });
    const refusal = admission.readyRefusal;
    const isReady = refusal === undefined || (refusal === "full" && await peers.isReady());
    return isReady ? json(200, { status: "ready" }) : json(503, { status: refusal });
  };
}

/** `GET /memory`: the server's memory beside its calls. */
export function memory(reports: Pick<Reports, "memory">): Handler {
  return async () => json(200, await reports.memory());
}

/** `GET /metrics`: all figures, as Prometheus reads them. */
export function metricsText(reports: Pick<Reports, "metrics">): Handler {
  return async () => new Response(await reports.metrics(), { headers: { "content-type": PROMETHEUS_TYPE } });
}

/** `GET /calls`: the live calls, oldest first. */
export function liveCalls(reports: Pick<Reports, "calls">): Handler {
  return async () => json(200, await reports.calls());
}
