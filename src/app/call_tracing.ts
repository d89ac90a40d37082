import type { Tracing } from "../call/call_services.ts";
import type { Config } from "../config/config.ts";
import { modelFor } from "./model_sessions.ts";

/**
 * Where `@opentelemetry/api` finds what collects spans. Deno puts its own there with `OTEL_DENO=true`, and
 * reads `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_PROTOCOL`, `OTEL_SERVICE_NAME`,
 * `OTEL_DENO_CONSOLE` and the like by itself.
 * Source: https://docs.deno.com/runtime/fundamentals/open_telemetry/
 */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

/** How calls are traced; undefined where nobody collects spans: then nothing of it is loaded. */
export async function callTracing(config: Config): Promise<Tracing | undefined> {
  const registry = (globalThis as { [REGISTRY]?: { trace?: unknown } })[REGISTRY];
  if (registry?.trace === undefined) return undefined;
  const [{ OpenTelemetryTracer }, { CallTrace }] = await Promise.all([
    import("../observability/tracing/open_telemetry.ts"),
    import("../call/journal/call_trace.ts"),
  ]);
  const tracer = new OpenTelemetryTracer();
  const serverAddress = new URL(config.realtimeUrl).hostname;
  return {
    begin: (info, clock, before) =>
      new CallTrace({ tracer, model: modelFor(info.business, config), serverAddress, clock }, info, before),
  };
}
