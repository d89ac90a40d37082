import { RATE_LIMIT, RealtimeError } from "../realtime_error.ts";

/**
 * Classifies the end of the socket. 3000 and 4000 are the API's own codes for a refused key and a refused shape;
 * 1002, 1003 and 1007–1010 say that what we sent is wrong, so sending it again would not help.
 */
export function fromClose(code: number, reason: string): RealtimeError {
  const apiCode = /^invalid_request_error\.(\w+)$/.exec(reason)?.[1];
  const fatal = code === 3000 || code === 4000 || code === 1002 || code === 1003 ||
    (code >= 1007 && code <= 1010);
  const kind = apiCode === "session_expired" ? "retryable" : fatal ? "fatal" : "retryable";
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
