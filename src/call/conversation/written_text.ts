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

/** All that a response has written in place of saying it; empty when that is nothing. */
export function textWritten(response: Response): string {
  return writtenIn(response).map(({ text }) => text).join(" ").trim();
}
