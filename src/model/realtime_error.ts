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
  return new RealtimeError(classify(error), code, `${error.message ?? "no message"}${where}`);
}

function classify(error: ApiError): ErrorKind {
  const code = error.code ?? "";
  if (FATAL_CODES.has(code)) return "fatal";
  if (RETRYABLE_CODES.has(code) || error.type === "server_error") return "retryable";
  return "benign";
}
