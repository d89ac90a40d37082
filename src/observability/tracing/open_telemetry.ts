import {
  type Context,
  ROOT_CONTEXT,
  type Span as ApiSpan,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { Span, SpanAttributes, SpanOptions, Tracer } from "./tracer.ts";

const SCOPE = "slimline";

/** Hands spans to what the process has registered with `@opentelemetry/api`, such as Deno's own collector. */
export class OpenTelemetryTracer implements Tracer {
  readonly #tracer = trace.getTracer(SCOPE);

  start(name: string, { kind, startMs, attributes, parent }: SpanOptions): Span {
    const options = {
      kind: kind === "client" ? SpanKind.CLIENT : SpanKind.INTERNAL,
      startTime: startMs,
      attributes,
    };
    // Never below the request whose handler happens to run: a call's first span begins its trace.
    return new OpenSpan(this.#tracer.startSpan(name, options, contextOf(parent)));
  }
}

function contextOf(parent: Span | string | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  if (parent instanceof OpenSpan) return trace.setSpan(ROOT_CONTEXT, parent.span);
  const [, traceId, spanId, flags] = (typeof parent === "string" ? parent : parent.context).split("-");
  const isRemote = true;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote });
}

class OpenSpan implements Span {
  readonly span: ApiSpan;

  constructor(span: ApiSpan) {
    this.span = span;
  }

  get context(): string {
    const { traceId, spanId, traceFlags } = this.span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes(attributes);
  }

  end(endMs: number, errorType?: string): void {
    if (errorType !== undefined) {
      this.span.setAttribute("error.type", errorType);
      this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end(endMs);
  }
}
