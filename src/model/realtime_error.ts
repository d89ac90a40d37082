import { AppError, type AppErrorOptions } from "../util/errors.ts";

/**
 * What an error means for the call.
 * - `benign`: a race that needs nothing done, or a single request refused; the session goes on.
 * - `retryable`: this session or response is lost, a new one is likely to work.
 * - `fatal`: a new session would fail the same way (key, quota, model, configuration).
 */
export type ErrorKind = "benign" | "retryable" | "fatal";

/** An error of the Realtime API or of the way to it. `code` is OpenAI's where it gave one. */
export class RealtimeError extends AppError {
  override readonly name = "RealtimeError";

  constructor(readonly kind: ErrorKind, code: string, message: string, options: AppErrorOptions = {}) {
    super(code, message, options);
  }
}

/** The `error` object of an `error` event, or of a failed response's `status_details`. */
export interface ApiError {
  type?: string | null;
  code?: string | null;
  message?: string | null;
  param?: string | null;
}

const FATAL_CODES = new Set([
  "account_deactivated",
  "beta_api_shape_disabled",
  "billing_hard_limit_reached",
  "insufficient_quota",
  "invalid_api_key",
  "model_not_found",
]);
/** The code of a limit on requests or tokens a minute: trying again at once would meet it again. */
export const RATE_LIMIT = "rate_limit_exceeded";
const RETRYABLE_CODES = new Set(["session_expired", RATE_LIMIT, "server_error"]);

/** Classifies an error that the API reported. Most leave the session open, so what is not known is benign. */
export function fromApi(error: ApiError): RealtimeError {
  const code = error.code ?? error.type ?? "unknown";
  const where = error.param ? ` (at ${error.param})` : "";
  return new RealtimeError(kindOf(error), code, `${error.message ?? "no message"}${where}`);
}

function kindOf(error: ApiError): ErrorKind {
  const code = error.code ?? "";
  if (FATAL_CODES.has(code)) return "fatal";
  if (RETRYABLE_CODES.has(code) || error.type === "server_error") return "retryable";
  return "benign";
}

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
