import type { Log } from "../observability/log.ts";

/** Longest id of a request that is taken over, in characters. */
export const MAX_REQUEST_ID_CHARS = 64;
const HEADER = "x-request-id";
/** What proxies make: UUIDs, hexadecimal digits, `1-67891233-abcdef`, `Root=1-…`. */
const WELL_FORMED = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._:=+/-]{0,${MAX_REQUEST_ID_CHARS - 1}}$`);

const ids = new WeakMap<Request, string>();

/** A `Handler`: the router, which says what that is, names requests in its log. */
type Answers = (request: Request, peer: string) => Response | Promise<Response>;

/**
 * Gives each request an id, by which its lines in the log and in a proxy's are found: the one that
 * `X-Request-Id` brings, else a new one. Each answer but the upgrade to a WebSocket brings it back.
 */
export function withRequestIds(handle: Answers): Answers {
  return async (request, peer) => {
    const given = request.headers.get(HEADER) ?? "";
    const id = WELL_FORMED.test(given) ? given : crypto.randomUUID();
    ids.set(request, id);
    const response = await handle(request, peer);
    if (response.status === 101) return response; // the runtime knows it by its identity
    try {
      response.headers.set(HEADER, id);
      return response;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return withRequestId(new Response(response.body, response), id);
    }
  };
}

/** A log whose events name the request that they are about, where it has an id. */
export function requestLog(log: Log, request: Request): Log {
  const id = ids.get(request);
  return id === undefined ? log : log.with({ request: id });
}

function withRequestId(response: Response, id: string): Response {
  response.headers.set(HEADER, id);
  return response;
}
