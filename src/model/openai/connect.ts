import { isFatalCode, OVERLOADED, RATE_LIMIT, RealtimeError } from "../realtime_error.ts";

/** How to reach the Realtime API. */
export interface RealtimeEndpoint {
  /** Such as `wss://api.openai.com/v1/realtime`. */
  url: string;
  apiKey: string;
  model: string;
  /** Names the caller for OpenAI's abuse handling, see `SafetyIds`; sent as `OpenAI-Safety-Identifier`. */
  safetyId?: string;
}

/**
 * Starts to open a session's WebSocket. The key travels in the `Authorization` header. Deno before 2.5 cannot
 * set headers on a WebSocket and throws; there it travels as a sub-protocol, which OpenAI accepts too.
 */
export function openSocket(endpoint: RealtimeEndpoint): WebSocket {
  const url = new URL(endpoint.url);
  url.searchParams.set("model", endpoint.model);
  const headers: Record<string, string> = { authorization: `Bearer ${endpoint.apiKey}` };
  if (endpoint.safetyId) headers["openai-safety-identifier"] = endpoint.safetyId;
  if (headersSupported) {
    try {
      return new WebSocket(url, { headers });
    } catch (error) {
      // Deno 2.4 takes the options for sub-protocols, and finds fault with their syntax by a DOMException.
      if (!(error instanceof Error) || !["SyntaxError", "TypeError"].includes(error.name)) throw error;
      headersSupported = false;
    }
  }
  return new WebSocket(url, ["realtime", `openai-insecure-api-key.${endpoint.apiKey}`]);
}

/** False once a constructor with headers has thrown: the runtime will not change its mind. */
let headersSupported = true;

/** A socket is gone this long after it was closed, or its peer keeps it open. */
const GONE_WITHIN_MS = 5_000;

/**
 * Counts sockets from their making until the runtime says that they are closed, so that a session that was
 * forgotten without being closed shows. So does one that was closed and lingers: its peer neither answers the
 * close frame nor closes the connection, the runtime cannot close it by force, and it waits until the kernel
 * gives the connection up, or for ever.
 */
export class OpenSockets {
  readonly #nowMs: () => number;
  #count = 0;
  /** When each socket was closed that is not gone yet. */
  readonly #closing = new Map<EventTarget, number>();

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  get count(): number {
    return this.#count;
  }

  /** Sockets that were closed five seconds ago or earlier, and are still there. */
  get lingering(): number {
    const untilMs = this.#nowMs() - GONE_WITHIN_MS;
    let lingering = 0;
    for (const closedMs of this.#closing.values()) if (closedMs <= untilMs) lingering++;
    return lingering;
  }

  /** Counts `socket` in until its close event, which may come twice. Returns it. */
  add<Socket extends EventTarget & Partial<Pick<WebSocket, "close">>>(socket: Socket): Socket {
    this.#count++;
    let isGone = false;
    const close = socket.close?.bind(socket);
    if (close) {
      socket.close = (code, reason) => {
        close(code, reason);
        if (!isGone && !this.#closing.has(socket)) this.#closing.set(socket, this.#nowMs());
      };
    }
    socket.addEventListener("close", () => {
      isGone = true;
      this.#count--;
      this.#closing.delete(socket);
    }, { once: true });
    return socket;
  }
}

/**
 * Classifies the end of the socket. 3000 and 4000 are the API's own codes for a refused key and a refused
 * shape. 1002, 1003 and 1007–1010 say that what we sent was wrong, which may be a proxy's word, or that of
 * one bad server: a new session is tried, and the link gives up when sessions end one after another.
 */
export function fromClose(code: number, reason: string): RealtimeError {
  const apiCode = /^invalid_request_error\.(\w+)$/.exec(reason)?.[1];
  const isFinal = (code === 3000 || code === 4000) && apiCode !== "session_expired";
  const kind = isFinal || isFatalCode(apiCode) ? "fatal" : "retryable";
  return new RealtimeError(
    kind,
    apiCode ?? "realtime_closed",
    `OpenAI closed the session with code ${code}${reason ? ` (${reason})` : ""}.`,
  );
}

/** HTTP statuses of a refused connection that say the same as a code of the API. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  401: "invalid_api_key",
  404: "model_not_found",
  429: RATE_LIMIT,
  503: OVERLOADED,
};

/**
 * Classifies a connection that was never made. The runtime gives an HTTP refusal as text only:
 * "… Invalid status code: 401". 408, 429 and 5xx pass; other statuses stay.
 */
export function fromConnectFailure(message: string): RealtimeError {
  const status = Number(/status code: (\d{3})/.exec(message)?.[1] ?? 0);
  if (status === 0) {
    return new RealtimeError("retryable", "realtime_unreachable", `No connection to OpenAI: ${message}`);
  }
  const passing = status === 408 || status === 429 || status >= 500;
  return new RealtimeError(
    passing ? "retryable" : "fatal",
    CODE_OF_STATUS[status] ?? "realtime_refused",
    `OpenAI refused the connection with HTTP ${status}.`,
  );
}
