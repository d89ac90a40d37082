import { type ErrorBody, errorBody } from "./protocol_error.ts";
import type { UpgradeFailure } from "./failures/failure_script.ts";
import { isWebSocketRequest, offeredProtocols, type UpgradeRequest } from "./wire/upgrade.ts";

const PATH = "/v1/realtime";
const PROTOCOL = "realtime";
const KEY_PROTOCOL = "openai-insecure-api-key.";
/** Application close codes seen of the API. */
const CLOSE_INVALID_KEY = 3000;
const CLOSE_INVALID_REQUEST = 4000;

/** What becomes of an upgrade request. */
export type Verdict =
  | { verdict: "ignore" }
  | { verdict: "refuse"; status: number; error: { code: string; message: string } }
  /** Upgraded, then told an error and closed. */
  | {
    verdict: "reject";
    protocol?: string;
    error: Omit<ErrorBody, "code"> & { code: string | null };
    closeCode: number;
  }
  | { verdict: "accept"; protocol?: string; model: string };

/**
 * Decides on an upgrade request.
 *
 * @param apiKey the key that is accepted; undefined accepts any that is not empty
 * @param failure what the script has for this attempt
 */
export function admit(
  request: UpgradeRequest,
  apiKey: string | undefined,
  failure: UpgradeFailure | undefined,
): Verdict {
  if (failure?.failure === "ignore_upgrade") return { verdict: "ignore" };
  if (failure?.failure === "refuse_upgrade") {
    const { code = "server_error", message } = failure;
    return refuse(failure.status, code, message ?? errorBody(code).message);
  }
  if (request.url.pathname !== PATH) return refuse(404, "not_found", `There is no ${request.url.pathname}.`);
  if (!isWebSocketRequest(request)) return refuse(426, "upgrade_required", "A WebSocket upgrade is wanted.");

  const offered = offeredProtocols(request.headers);
  // only what was offered may be chosen
  const protocol = offered.includes(PROTOCOL) ? PROTOCOL : undefined;
  // As a public capture of September 2026 shows it: all of these are told after the upgrade.
  const reject = (closeCode: number, code: string | null, message?: string): Verdict => ({
    verdict: "reject",
    protocol,
    closeCode,
    error: { ...errorBody(code ?? "", message), code },
  });
  if (failure?.failure === "refuse_key") return reject(CLOSE_INVALID_KEY, "invalid_api_key");
  const key = findKey(request.headers, offered);
  if (!key) return reject(CLOSE_INVALID_KEY, null, "You didn't provide an API key.");
  if (apiKey !== undefined && key !== apiKey) return reject(CLOSE_INVALID_KEY, "invalid_api_key");
  if (request.headers.has("openai-beta")) return reject(CLOSE_INVALID_REQUEST, "beta_api_shape_disabled");
  const model = request.url.searchParams.get("model");
  if (!model) {
    return reject(CLOSE_INVALID_REQUEST, "missing_model", "You must provide a model parameter.");
  }
  if (!isKnownModel(model)) {
    const message = `The model '${model}' does not exist or you do not have access to it.`;
    return reject(CLOSE_INVALID_REQUEST, "invalid_model", message);
  }
  return { verdict: "accept", protocol, model };
}

/** The key of the `Authorization` header, or of the sub-protocol that browsers use for want of headers. */
function findKey(headers: Headers, offered: string[]): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  return bearer ?? offered.find((name) => name.startsWith(KEY_PROTOCOL))?.slice(KEY_PROTOCOL.length);
}

function refuse(status: number, code: string, message: string): Verdict {
  return { verdict: "refuse", status, error: { code, message } };
}

/**
 * Models that a session can be opened with: those of the SDK's session type list that speak, less the
 * previews that were shut down in May 2026.
 */
const MODELS = new Set([
  "gpt-realtime",
  "gpt-realtime-1.5",
  "gpt-realtime-2",
  "gpt-realtime-2.1",
  "gpt-realtime-2.1-mini",
  "gpt-realtime-2025-08-28",
  "gpt-realtime-mini",
  "gpt-realtime-mini-2025-10-06",
  "gpt-realtime-mini-2025-12-15",
]);

function isKnownModel(model: string): boolean {
  return MODELS.has(model);
}
