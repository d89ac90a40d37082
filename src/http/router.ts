import type { Log } from "../observability/log.ts";
import { messageOf } from "../util/errors.ts";
import { requestLog } from "./request_ids.ts";

/** Answers one request. `peer` is the address that the connection came from. */
export type Handler = (request: Request, peer: string) => Response | Promise<Response>;

/**
 * Handlers by method and path, such as `"GET /healthz"`. A segment `*` at the end of a path, or before its
 * last segment, stands for any segment.
 */
export type Routes = Readonly<Record<string, Handler>>;

/**
 * Longest target of a request with its host, in characters; the longest of ours is the URL of a media stream.
 */
export const MAX_URL_CHARS = 8_192;

/**
 * Combines handlers into one: matches method and path exactly, answers 400, 404, 405 and 414 itself, and
 * turns an exception of a route into a logged 500, so that no request can end the process.
 *
 * @param basePath what stands before the paths of all routes, such as `/phone`
 */
export function router(routes: Routes, log: Log, basePath = ""): Handler {
  const methods = new Map<string, Map<string, Handler>>();
  for (const [route, handler] of Object.entries(routes)) {
    const [method, path] = route.split(" ", 2);
    methods.set(path, (methods.get(path) ?? new Map()).set(method, handler));
  }
  return async (request, peer) => {
    if (request.url.length > MAX_URL_CHARS) return textResponse(414, "The address is too long.");
    if (isLookup(request) && request.headers.has("transfer-encoding")) {
      return textResponse(400, `A ${request.method} has no body here.`);
    }
    // The URL contains the Host header, which may hold anything.
    const path = URL.parse(request.url)?.pathname;
    if (path === undefined) {
      return textResponse(400, "The request's target or its Host header is not a valid address.");
    }
    const pattern = path.startsWith(`${basePath}/`)
      ? matchingPath(methods, path.slice(basePath.length))
      : undefined;
    const atPath = pattern === undefined ? undefined : methods.get(pattern);
    if (!atPath) return textResponse(404, "Not found.");
    const handler = atPath.get(request.method);
    if (!handler) return textResponse(405, "Method not allowed.", { allow: [...atPath.keys()].join(", ") });
    try {
      return await handler(request, peer);
    } catch (error) {
      // Of a path with a segment of its own, that may be a secret.
      requestLog(log, request).error("request_failed", { path: pattern, message: messageOf(error) });
      return textResponse(500, "Internal error.");
    }
  };
}

/** The runtime shows nobody the body of such a request, not even its length: it may go on for ever. */
function isLookup({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

/**
 * Which of `paths` a request's path falls under: itself, or the one that has `*` in place of its last segment
 * or of the one before that.
 */
export function matchingPath(paths: { has(path: string): boolean }, path: string): string | undefined {
  if (paths.has(path)) return path;
  const segment = path.lastIndexOf("/", path.length - 2); // a slash at the end does not count
  const pattern = `${path.slice(0, segment)}/*`;
  if (segment > 0 && paths.has(pattern) && path.length > segment + 1) return pattern;
  const before = path.lastIndexOf("/", segment - 1);
  const inner = `${path.slice(0, before)}/*${path.slice(segment)}`;
  return before > 0 && segment > before + 1 && paths.has(inner) ? inner : undefined;
}

/** A plain-text answer. */
export function textResponse(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(`${body}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

/** A JSON answer that must not be cached. */
export function jsonResponse(status: number, body: unknown): Response {
  return new Response(`${JSON.stringify(body, null, 2)}\n`, {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
  });
}
