import type { ServerEvent } from "../../model/events.ts";

type Response = Extract<ServerEvent, { type: "response.done" }>["response"];

/**
 * What a response has written in place of saying it, item by item. Events are not checked for it: any of it
 * may be missing.
 */
export function writtenIn({ output }: Response): { id: string; text: string }[] {
  if (!Array.isArray(output)) return [];
  return output.flatMap((item) => {
    if (item?.type !== "message" || !Array.isArray(item.content)) return [];
    const texts = item.content.flatMap((part) => {
      const text = part?.type === "output_audio" ? part.transcript : part?.text;
      return typeof text === "string" ? text : [];
    });
    return texts.length > 0 ? { id: typeof item.id === "string" ? item.id : "", text: texts.join(" ") } : [];
  });
}

/** The same of items that have nothing spoken, in a response that was heard. */
export function onlyWrittenIn({ output }: Response): { id: string; text: string }[] {
  if (!Array.isArray(output)) return [];
  const isWritten = (part: { type?: unknown }) => part?.type === "output_text" || part?.type === "text";
  return writtenIn({
    output: output.filter((item) =>
      item?.type === "message" && Array.isArray(item.content) && item.content.every(isWritten)
    ),
  });
}

/** The texts in one. */
export function joined(written: readonly { text: string }[]): string {
  return written.map(({ text }) => text).join(" ").trim();
}

/**
 * Function calls of one response that are looked at: far more than may run. What comes after them is answered
 * by nobody.
 */
const MAX_CALLS_OF_RESPONSE = 64;

/** The function calls of a response, as far as they can be run: at most {@link MAX_CALLS_OF_RESPONSE}. */
export function callsIn(output: unknown): { call_id: string; name: string; arguments?: string | null }[] {
  if (!Array.isArray(output)) return [];
  return output.filter((item) =>
    item?.type === "function_call" &&
    [item.call_id, item.name, item.arguments ?? ""].every((field) => typeof field === "string") &&
    item.call_id !== ""
  ).slice(0, MAX_CALLS_OF_RESPONSE);
}

/** True for the output of a response that ended in the middle of an item, whatever the response says. */
export function hasCutItem(output: unknown): boolean {
  return Array.isArray(output) && output.some((item) => item?.status === "incomplete");
}

/** True for the output of a response that ended in the middle of a function call. */
export function hasCutCall(output: unknown): boolean {
  return Array.isArray(output) &&
    output.some((item) => item?.type === "function_call" && item.status === "incomplete");
}
