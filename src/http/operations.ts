import type { LiveCalls } from "../call/live_calls.ts";
import type { Admission } from "../lifecycle/admission.ts";
import type { MemoryMonitor } from "../lifecycle/memory_monitor.ts";
import { type GaugeSources, readGauges } from "../lifecycle/gauges.ts";
import type { Metrics } from "../telemetry/metrics/metrics.ts";
import { PROMETHEUS_TYPE, prometheusText } from "../telemetry/metrics/prometheus_text.ts";
import { type Handler, json } from "./router.ts";

/** `GET /healthz`: the process is alive. */
export function healthz(): Handler {
  return () => json(200, { status: "ok" });
}

/** `GET /readyz`: whether new calls should be sent here; 503 and the reason when not, a little before callers are refused. */
export function readyz(admission: Admission): Handler {
  return () => {
    const refusal = admission.readyRefusal;
    return refusal ? json(503, { status: refusal }) : json(200, { status: "ready" });
  };
}

/** `GET /memory`: the process's memory beside its calls. */
export function memory(monitor: MemoryMonitor): Handler {
  return async () => json(200, await monitor.report());
}

/** `GET /metrics`: all figures, as Prometheus reads them. */
export function metricsText(metrics: Metrics, gauges: GaugeSources): Handler {
  return async () => {
    await readGauges(metrics, gauges);
    return new Response(prometheusText(metrics), { headers: { "content-type": PROMETHEUS_TYPE } });
  };
}

/** `GET /calls`: the live calls, oldest first. */
export function liveCalls(calls: LiveCalls): Handler {
  return () => json(200, { calls: calls.snapshots() });
}
