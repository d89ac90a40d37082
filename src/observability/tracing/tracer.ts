/** What a span says about what happened: never words, numbers of telephones or names of callers. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | string[] | undefined>>;

/** What a span begins with. */
export interface SpanOptions {
  /** `internal`: within this process. `client`: a request to another one. */
  readonly kind: "internal" | "client";
  /** Unix time in milliseconds. */
  readonly startMs: number;
  readonly attributes: SpanAttributes;
  /** The span that it is a part of, or the {@link Span.context} of one. Default: it begins a trace. */
  readonly parent?: Span | string;
}

/** A part of a trace: something that took time. */
export interface Span {
  /**
   * By which it is known elsewhere, such as in another process: a `traceparent`.
   * Source: https://www.w3.org/TR/trace-context/#traceparent-header
   */
  readonly context: string;
  set(attributes: SpanAttributes): void;
  /**
   * Ends it, and hands it on. Once.
   *
   * @param endMs Unix time in milliseconds
   * @param errorType what kind of error it ended with, such as `timeout`. Default: it went well
   */
  end(endMs: number, errorType?: string): void;
}

/** Makes spans. */
export interface Tracer {
  start(name: string, options: SpanOptions): Span;
}
