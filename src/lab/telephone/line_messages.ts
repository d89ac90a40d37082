import * as v from "valibot";

/** 20 ms of mu-law: what the page sends at a time. */
export const LINE_FRAME_BYTES = 160;
/** Longest delay that a page may ask for, each way, in milliseconds. */
const MAX_LINE_DELAY_MS = 2_000;
/** Longest text message of a page. */
const MAX_TEXT_CHARS = 2_000;

/**
 * What the page sends as text. What the caller says is binary: {@link LINE_FRAME_BYTES} of mu-law, or nothing
 * where they were lost on the way.
 */
const PAGE_MESSAGE = v.variant("event", [
  v.object({
    event: v.literal("call"),
    business: v.pipe(v.string(), v.maxLength(64)),
    /** Where the caller calls from: a number, or `client:` and a name. */
    from: v.pipe(v.string(), v.regex(/^(\+[1-9]\d{6,14}|client:[\w-]{1,32})$/)),
    delayMs: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_LINE_DELAY_MS)),
  }),
  v.object({ event: v.literal("key"), key: v.pipe(v.string(), v.regex(/^[0-9*#]$/)) }),
  v.object({ event: v.literal("played"), mark: v.pipe(v.string(), v.maxLength(500)) }),
  v.object({ event: v.literal("hang_up") }),
  v.object({ event: v.literal("ping"), atMs: v.number() }),
]);

/** What a page may send as text. */
export type PageMessage = v.InferOutput<typeof PAGE_MESSAGE>;

/** Reads a text message of a page; undefined when it is none. */
export function readPageMessage(text: string): PageMessage | undefined {
  if (text.length > MAX_TEXT_CHARS) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = v.safeParse(PAGE_MESSAGE, value);
  return result.success ? result.output : undefined;
}

/** What the page is told as text. What the caller hears is binary, mu-law of any length. */
export type LineMessage =
  /** The call has this name; its talk can be followed. */
  | { readonly event: "placed"; readonly callSid: string }
  /** The audio before it is followed by a mark, to be answered with `played`. */
  | { readonly event: "mark"; readonly mark: string }
  /** What is still to be played is thrown away; its marks are answered. */
  | { readonly event: "clear" }
  /** Something happened on the line, in the words of a simulated caller's events. */
  | { readonly event: "happened"; readonly atMs: number; readonly what: string; readonly detail?: string }
  | { readonly event: "pong"; readonly atMs: number }
  /** The call is over; the connection is closed next. */
  | { readonly event: "over"; readonly by: string; readonly problems: readonly string[] };
