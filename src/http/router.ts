import type { Log } from "../observability/log.ts";
import { messageOf } from "../util/errors.ts";

/** Answers one request. `peer` is the address that the connection came from. */
export type Handler = (request: Request, peer: string) => Response | Promise<Response>;

/** Handlers by method and path, such as `"GET /healthz"`. */
export type Routes = Readonly<Record<string, Handler>>;

/**
 * Combines handlers into one: matches method and path exactly, answers 400, 404 and 405 itself, and turns an exception of a
 * route into a logged 500, so that no request can end the process.
 */
export function router(routes: Routes, log: Log): Handler {
  const methods = new Map<string, Map<string, Handler>>();
  for (const [route, handler] of Object.entries(routes)) {
    const [method, path] = route.split(" ", 2);
    methods.set(path, (methods.get(path) ?? new Map()).set(method, handler));
  }
  return async (request, peer) => {
    const path = URL.parse(request.url)?.pathname; // the URL contains the Host header, which may hold anything
    if (path === undefined) {
      return textResponse(400, "The request's target or its Host header is not a valid address.");
    }
    const atPath = methods.get(path);
    if (!atPath) return textResponse(404, "Not found.");
    const handler = atPath.get(request.method);
    if (!handler) return textResponse(405, "Method not allowed.", { allow: [...atPath.keys()].join(", ") });
    try {
      return await handler(request, peer);
    } catch (error) {
      log.error("request_failed", { path, message: messageOf(error) });
      return textResponse(500, "Internal error.");
    }
  };
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
