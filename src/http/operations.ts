import type { LiveCalls } from "../call/live_calls.ts";
import type { Admission } from "../lifecycle/admission.ts";
import type { MemoryMonitor } from "../lifecycle/memory_monitor.ts";
import { type GaugeSources, readGauges } from "../lifecycle/gauges.ts";
import type { Metrics } from "../telemetry/metrics/metrics.ts";
import { PROMETHEUS_TYPE, prometheusText } from "../telemetry/metrics/prometheus_text.ts";
import { isLoopback } from "../config/loopback.ts";
import { type Handler, json, text } from "./router.ts";

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

/**
 * Lets only operators in: with `adminToken`, whoever sends it as bearer token; without one, whoever comes from this machine
 * itself. A request that a proxy passed on did not.
 */
export function forOperators(adminToken: string | undefined, handler: Handler): Handler {
  return async (request, peer) => {
    if (adminToken === undefined) {
      const isForwarded = request.headers.has("x-forwarded-for") || request.headers.has("forwarded");
      if (isLoopback(peer) && !isForwarded) return await handler(request, peer);
      return text(403, "Set ADMIN_TOKEN to reach this from another machine.");
    }
    const given = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
    if (given !== undefined && await sameSecret(given, adminToken)) return await handler(request, peer);
    return text(401, "A bearer token is needed.", { "www-authenticate": "Bearer" });
  };
}

/** Compares digests, whose comparison tells an attacker nothing about the secret. */
async function sameSecret(given: string, wanted: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [given, wanted].map(async (secret) =>
      new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)))
    ),
  );
  return a.every((byte, index) => byte === b[index]);
}
