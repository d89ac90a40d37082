import type { TransferTarget } from "../../businesses/business.ts";
import type { CallExit } from "../../carrier/carrier.ts";

/**
 * Something that the model can do during a call. Holds no state of a call: one tool serves all calls of a business.
 * `defineTool` makes one whose arguments are typed.
 */
export interface Tool {
  /** As the model knows it: letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** Tells the model what the tool does, and when to use it. */
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: Record<string, unknown>;
  /** The model gets an error as output when there is no result by then, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * The way out of the call that the tool takes, if it does. No filler is spoken however long it takes, because it waits
   * until everything said has been heard; and when the stream ends by that way before Twilio has confirmed it, the tool
   * has given `LEFT`.
   */
  readonly exit?: CallExit;
  /**
   * Does it. What it throws becomes the output, as an error that the model can talk about: the message of an
   * `AppError` in its own words, anything else without its text, which was not written for a caller's ear.
   *
   * @param args the model's arguments: an object whose top level fits `parameters` (see `checkArguments`)
   */
  run(args: Record<string, unknown>, context: ToolContext): Promise<ToolResult>;
}

/** What a tool may know and do. */
export interface ToolContext {
  /** Twilio's id of the call. */
  readonly callSid: string;
  /** Id of the business that the call belongs to. */
  readonly businessId: string;
  /** The calling number: the caller's, or the business's where it has placed the call. E.164, or what the network gave. */
  readonly from: string;
  /** The called number. */
  readonly to: string;
  /** Aborted when the time is up or the call ends. */
  readonly signal: AbortSignal;
  /** What the tool can do about the call. */
  readonly control: ToolControl;
}

/** What a tool can do about its call. */
export interface ToolControl {
  /** The way out that the carrier was asked for and has not refused; undefined while the call goes on. */
  readonly exit: CallExit | undefined;
  /**
   * Hands the caller over to somebody once everything said has been heard. When nobody answers there, the caller comes back
   * into the conversation. Resolves when the carrier has confirmed.
   * @throws {AppError} when the carrier refuses; `call_leaving` when the call takes another way out already
   */
  transfer(target: TransferTarget): Promise<void>;
  /**
   * Plays key tones into the call once everything said has been heard. `digits`: `0`–`9`, `*`, `#`, `w` for half a second.
   * @throws {AppError} as of {@link transfer}
   */
  sendDigits(digits: string): Promise<void>;
  /** Hangs up when everything said has been heard, unless the caller speaks before that. */
  hangUp(): Promise<void>;
  /** Keeps a message for the business, taken down from the caller. */
  takeMessage(message: TakenMessage): void;
}

/** A message for the business. */
export interface TakenMessage {
  /** As the caller gave it. */
  readonly callerName: string;
  /** Where to call back. */
  readonly number: string;
  /** What is to be passed on. */
  readonly text: string;
}

/** What a tool has come to. */
export interface ToolResult {
  /** Becomes JSON text for the model. */
  readonly output: unknown;
  /** False when nothing is left to be said, since the call is ending or leaving. */
  readonly wantsResponse: boolean;
}

/** What every tool gives that takes a way out of the call: the model has nothing to add, since nobody would hear it. */
export const LEFT: ToolResult = { output: { done: true }, wantsResponse: false };

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
