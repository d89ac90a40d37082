import { cutText } from "../../util/cut_text.ts";
import { AppError } from "../../util/errors.ts";
import type { TransferTarget } from "../../businesses/business.ts";
import type { CallExit } from "../../carrier/carrier.ts";

/**
 * Something that the model can do during a call. One tool serves all calls of a business at the same time, so
 * it holds no state of a call. `defineTool` makes one whose arguments are typed.
 *
 * @example
 * ```ts
 * import type { Tool } from "slimline";
 *
 * const weather: Tool = {
 *   name: "weather",
 *   description: "Tells the weather in a town.",
 *   parameters: { type: "object", properties: { town: { type: "string" } }, required: ["town"] },
 *   timeoutMs: 5_000,
 *   async run({ town }, { signal }) {
 *     const answer = await fetch(`https://weather.test/${encodeURIComponent(String(town))}`, { signal });
 *     return { output: await answer.json(), wantsResponse: true };
 *   },
 * };
 * ```
 */
export interface Tool {
  /** As the model knows it: letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** Tells the model what the tool does, and when to use it. */
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: Record<string, unknown>;
  /**
   * Milliseconds after which the model gets an error when there is no result yet; a later result is dropped.
   */
  readonly timeoutMs: number;
  /**
   * The way out of the call that the tool takes, if any. No filler is spoken however long such a tool takes,
   * because it waits until everything said has been heard. When the stream ends that way before the carrier
   * has confirmed it, the tool counts as done.
   */
  readonly exit?: CallExit;
  /**
   * Does it. What it throws, the model gets as an error that it can talk about: the message of an
   * {@link AppError} word for word; of anything else only that the tool failed, since its text was not
   * written for callers.
   *
   * @param args the model's arguments, which fit `parameters`; a property that is not required may be null
   */
  run(args: Record<string, unknown>, context: ToolContext): Promise<ToolResult>;
}

/** What a tool may know and do. */
export interface ToolContext {
  /** Twilio's id of the call. */
  readonly callSid: string;
  /** Id of the business that the call belongs to. */
  readonly businessId: string;
  /**
   * The calling number: the caller's, or the business's where it has placed the call. E.164, or what the
   * network gave.
   */
  readonly from: string;
  /** The called number. */
  readonly to: string;
  /**
   * Where whoever the model talks with can be called, in E.164; undefined when that is withheld or no number.
   */
  readonly callBackNumber?: string;
  /** Aborted when the time is up, or the server stops. A call that ends lets its tools end, too. */
  readonly signal: AbortSignal;
  /** What the tool can do about the call. */
  readonly control: ToolControl;
}

/** What a tool can do about its call. */
export interface ToolControl {
  /** The way out that the carrier was asked for and has not refused; undefined while the call goes on. */
  readonly exit: CallExit | undefined;
  /**
   * Hands the caller over to somebody once everything said has been heard. When nobody answers there, the
   * caller comes back into the conversation. Resolves when the carrier has confirmed.
   * @throws {AppError} when the carrier refuses; `call_leaving` when the call takes another way out already
   */
  transfer(target: TransferTarget): Promise<void>;
  /**
   * Plays key tones into the call once everything said has been heard. `digits`: `0`–`9`, `*`, `#`, `w` for
   * half a second.
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
  /** Where to call back; undefined when the caller's number is withheld and none was given. */
  readonly number: string | undefined;
  /** What is to be passed on. */
  readonly text: string;
}

/** What came of a tool. */
export interface ToolResult {
  /**
   * Becomes JSON text for the model, cut after 16,000 characters. What has no JSON form counts as a failure.
   */
  readonly output: unknown;
  /**
   * True to let the model answer the caller with it; false when nothing is left to say, since the call is
   * ending.
   */
  readonly wantsResponse: boolean;
}

/**
 * The result of every tool that takes a way out of the call. The model adds nothing, since nobody would hear
 * it.
 */
export const LEFT: ToolResult = { output: { done: true }, wantsResponse: false };

/**
 * A function call of the model, from a `response.output_item.done` whose item is a completed `function_call`.
 */
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
 * - `call_ended`: the call ended first, other than by this tool, and it was waited for no longer: what it has
 *   done is not known. A tool that ends after its call has one of the outcomes above.
 */
export const TOOL_OUTCOMES = ["done", "failed", "timed_out", "refused", "call_ended"] as const;

/** One of those outcomes. */
export type ToolOutcome = typeof TOOL_OUTCOMES[number];

/** A call of a tool that is over. */
export interface ToolRun {
  readonly call: FunctionCall;
  readonly outcome: ToolOutcome;
  /** JSON text that the model got, or would have got; empty when it was waited for no longer. */
  readonly output: string;
  /** On the monotonic time of the injected clock. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** What was thrown, for the log. */
  readonly error: unknown;
}

/**
 * Longest output in characters, about 4,000 tokens: each output is paid for again with every later response.
 */
export const MAX_OUTPUT_CHARS = 16_000;

/**
 * A tool's result as the text of a `function_call_output`. Longer than {@link MAX_OUTPUT_CHARS} it is cut,
 * and says so.
 * @throws {TypeError} when the result has no JSON form (a cycle, a BigInt)
 */
export function outputText(output: unknown): string {
  const text = JSON.stringify(output) ?? "null";
  if (text.length <= MAX_OUTPUT_CHARS) return text;
  const note = ` … [cut here: this is the beginning of ${text.length} characters]`;
  return cutText(text, MAX_OUTPUT_CHARS - note.length) + note;
}

/**
 * What the model is told of something thrown. The texts of foreign errors may name hosts, keys or files, so
 * only our own are passed on.
 */
export function tellableMessage(error: unknown): string {
  return error instanceof AppError ? error.message : "The tool failed unexpectedly. It gave no reason.";
}
