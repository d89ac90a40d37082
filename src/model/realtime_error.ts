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
  "invalid_model",
  "missing_model",
  "model_not_found",
]);
/** The code of a limit on requests or tokens a minute: trying again at once would meet it again. */
export const RATE_LIMIT = "rate_limit_exceeded";
/** The code of a connection that was refused because of the model's load. */
export const OVERLOADED = "realtime_overloaded";
const RETRYABLE_CODES = new Set(["session_expired", RATE_LIMIT, "server_error"]);
/** Types that say by themselves what their codes say, for errors that carry no code. */
const FATAL_TYPES = new Set([...FATAL_CODES, "authentication_error", "permission_error"]);
/** Types of a limit on the rate: what is counted is named in place of the error. */
const LIMIT_TYPES = new Set(["rate_limit_error", "requests", "tokens"]);

/** Classifies an error that the API reported. Most leave the session open, so what is not known is benign. */
export function fromApi(error: ApiError): RealtimeError {
  const where = error.param ? ` (at ${error.param})` : "";
  return new RealtimeError(classify(error), codeOf(error), `${error.message ?? "no message"}${where}`);
}

function codeOf({ code, type }: ApiError): string {
  if (code) return code;
  return type && LIMIT_TYPES.has(type) ? RATE_LIMIT : type || "unknown";
}

/** True for an error that passes when less is asked for. */
export function isOverload({ code }: RealtimeError): boolean {
  return code === RATE_LIMIT || code === OVERLOADED;
}

/** True for a code by which a new session would fail the same way. */
export function isFatalCode(code: string | undefined): boolean {
  return code !== undefined && FATAL_CODES.has(code);
}

function classify(error: ApiError): ErrorKind {
  const code = error.code || "";
  const type = error.type || "";
  if (FATAL_CODES.has(code) || (!code && FATAL_TYPES.has(type))) return "fatal";
  const isLimit = !code && LIMIT_TYPES.has(type);
  return RETRYABLE_CODES.has(code) || RETRYABLE_CODES.has(type) || isLimit ? "retryable" : "benign";
}
