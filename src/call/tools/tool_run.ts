/** A function call of the model, from a `response.output_item.done` whose item is a completed `function_call`. */
export interface FunctionCall {
  readonly callId: string;
  /** The conversation item that is the call. */
  readonly itemId: string;
  readonly responseId: string;
  readonly name: string;
  /** JSON text as the model wrote it; may be anything. */
  readonly arguments: string;
}

/**
 * How a call of a tool ended.
 * - `done`: with a result.
 * - `failed`: the tool threw.
 * - `timed_out`: no result in time. What the tool did by then, or does still, is not known.
 * - `refused`: never run: unknown tool, bad arguments, or too many at once.
 * - `call_ended`: the stream ended first, other than by this tool; nobody got the output.
 */
export type ToolOutcome = "done" | "failed" | "timed_out" | "refused" | "call_ended";

/** A call of a tool that is over. */
export interface ToolRun {
  readonly call: FunctionCall;
  readonly outcome: ToolOutcome;
  /** JSON text that the model got; empty when the call ended first. */
  readonly output: string;
  /** On the monotonic time of the injected clock. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** What was thrown, for the log. */
  readonly error: unknown;
}
