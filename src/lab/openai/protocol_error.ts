import { AppError } from "../../util/errors.ts";

/**
 * A client event that the API refuses. It becomes an `error` event; the session stays open.
 * `code` is the API's own, such as `unknown_parameter`.
 */
export class ProtocolError extends AppError {
  override readonly name = "ProtocolError";

  /** @param param path of the field at fault, such as `session.audio.output.voice` */
  constructor(code: string, message: string, readonly param: string | null = null) {
    super(code, message);
  }
}

/** The body of an `error` event or of a failed response's `status_details`. */
export interface ErrorBody {
  type: string;
  code: string;
  message: string;
}

/** The API's wording of an error code, for scripts that only name the code. */
export function errorBody(code: string, message?: string, type?: string): ErrorBody {
  const known = KNOWN[code];
  return {
    type: type ?? known?.type ?? "invalid_request_error",
    code,
    message: message ?? known?.message ?? `Scripted error '${code}'.`,
  };
}

const KNOWN: Record<string, { type: string; message: string }> = {
  session_expired: {
    type: "invalid_request_error",
    message: "Your session hit the maximum duration of 60 minutes.",
  },
  insufficient_quota: {
    type: "insufficient_quota",
    message: "You exceeded your current quota, please check your plan and billing details.",
  },
  rate_limit_exceeded: {
    type: "rate_limit_exceeded",
    message: "Rate limit reached. Please try again later.",
  },
  server_error: {
    type: "server_error",
    message: "The server had an error while processing your request. Sorry about that!",
  },
  invalid_api_key: { type: "invalid_request_error", message: "Incorrect API key provided." },
  beta_api_shape_disabled: {
    type: "invalid_request_error",
    message: "The Realtime beta interface is no longer supported. Remove the 'OpenAI-Beta' header.",
  },
  model_not_found: {
    type: "invalid_request_error",
    message: "The model does not exist or you do not have access to it.",
  },
};
