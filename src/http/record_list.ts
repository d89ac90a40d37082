import type { Log } from "../observability/log.ts";
import { fromBase64Url, toBase64Url } from "../util/base64_url.ts";
import { typedNumber } from "../util/callable_number.ts";
import { toIsoTime } from "../util/iso_time.ts";
import { type Handler, jsonResponse, textResponse } from "./router.ts";
import { withinReach } from "./operator_handlers.ts";

/** Records of a page where the request does not say, and at most. */
const DEFAULT_LIMIT = 50;
/** Most records of one answer; one may have a megabyte. */
export const MAX_LISTED = 100;
/** Longest value of a parameter, in characters. */
const MAX_VALUE_CHARS = 400;

/** What of the list is asked for. */
interface ListQuery {
  business?: string;
  since?: string;
  until?: string;
  number?: string;
  reason?: string;
  text?: string;
  limit: number;
  after?: ListPosition;
}

interface ListPosition {
  readonly startedAt: string;
  readonly callSid: string;
}

/** Resolves with undefined where the store has no list. */
type List = (query: ListQuery) => Promise<{ records: readonly unknown[]; next?: ListPosition } | undefined>;

/**
 * `GET /records` without a call: `{"version": 1, "records": […], "next": CURSOR}`, newest first. `next` is
 * null on the last page; until then there may be more, even behind a page that is not full.
 *
 * @param list rejects when the records cannot be reached
 */
export function recordList(list: List, log: Log): Handler {
  return withinReach(log, async (request) => {
    const query = readListQuery(new URL(request.url).searchParams);
    if (typeof query === "string") return textResponse(400, query);
    const page = await list(query);
    if (page === undefined) {
      return textResponse(501, "This store of records cannot list them: it has no list().");
    }
    const next = page.next ? writeCursor(page.next) : null;
    return jsonResponse(200, { version: 1, records: page.records, next });
  });
}

/** @returns what is wrong with it, in place of the query */
function readListQuery(parameters: URLSearchParams): ListQuery | string {
  const query: ListQuery = { limit: DEFAULT_LIMIT };
  for (const [name, value] of parameters) {
    if (value === "") continue; // an empty field of a form
    if (value.length > MAX_VALUE_CHARS) return `${name} has at most ${MAX_VALUE_CHARS} characters.`;
    switch (name) {
      case "business":
      case "reason":
        query[name] = value;
        break;
      case "number":
        query.number = typedNumber(value.replace(/^ /, "+")); // a plus sign that was not escaped
        break;
      case "q":
        query.text = value;
        break;
      case "since":
      case "until":
        query[name] = toIsoTime(value);
        if (query[name] === undefined) {
          return `${name} is a date or a time, such as 2026-11-22 or 2026-11-22T18:30:00Z.`;
        }
        break;
      case "limit":
        query.limit = Number(value);
        if (!/^\d{1,3}$/.test(value) || query.limit < 1 || query.limit > MAX_LISTED) {
          return `limit is a number from 1 to ${MAX_LISTED}.`;
        }
        break;
      case "cursor":
        query.after = readCursor(value);
        if (!query.after) return "cursor is the `next` of another answer.";
        break;
      default:
        return "Known are call, business, since, until, number, reason, q, limit and cursor.";
    }
  }
  return query;
}

function writeCursor({ startedAt, callSid }: ListPosition): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify([startedAt, callSid])));
}

function readCursor(text: string): ListPosition | undefined {
  try {
    const read: unknown = JSON.parse(new TextDecoder().decode(fromBase64Url(text)));
    if (!Array.isArray(read) || read.length !== 2) return undefined;
    const [startedAt, callSid] = read;
    return typeof startedAt === "string" && typeof callSid === "string" ? { startedAt, callSid } : undefined;
  } catch {
    return undefined; // not one of ours
  }
}
