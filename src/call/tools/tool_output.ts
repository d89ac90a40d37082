import { AppError } from "../../util/errors.ts";
import { cutText } from "../../util/cut_text.ts";

/** Longest output in characters, about 4,000 tokens: each output is paid for again with every later response. */
export const MAX_OUTPUT_CHARS = 16_000;

/**
 * A tool's result as the text of a `function_call_output`. Longer than {@link MAX_OUTPUT_CHARS} it is cut, and says so.
 * @throws {TypeError} when the result has no JSON form (a cycle, a BigInt)
 */
export function outputText(output: unknown): string {
  const text = JSON.stringify(output) ?? "null";
  if (text.length <= MAX_OUTPUT_CHARS) return text;
  const note = ` … [cut here: this is the beginning of ${text.length} characters]`;
  return cutText(text, MAX_OUTPUT_CHARS - note.length) + note;
}

/** An error as the text of a `function_call_output`: `{"error": "…"}`, in words that the model can pass on. */
export function errorText(message: string): string {
  return outputText({ error: message });
}

/**
 * What the model is told of something thrown. The texts of foreign errors may name hosts, keys or files, so only
 * our own are passed on.
 */
export function tellableMessage(error: unknown): string {
  return error instanceof AppError ? error.message : "The tool failed unexpectedly. It gave no reason.";
}
