import { isWebSocketRequest, offeredProtocols, type UpgradeRequest } from "./wire/upgrade.ts";

/** Sub-protocol of the Realtime API, echoed to clients that offer it. */
export const REALTIME_PROTOCOL = "realtime";
const KEY_PROTOCOL = "openai-insecure-api-key.";
/** Where the API is served. */
export const REALTIME_PATH = "/v1/realtime";

/** What is wrong with an upgrade request. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
}

/** Checks path, model and key. @param apiKey undefined: any key will do, but there must be one */
export function authorize(
  request: UpgradeRequest,
  apiKey: string | undefined,
): { model: string; protocol: string | undefined } | Refusal {
  const { url, headers } = request;
  if (url.pathname !== REALTIME_PATH) {
    return { status: 404, code: "not_found", message: `There is nothing at ${url.pathname}.` };
  }
  if (!isWebSocketRequest(request)) {
    return { status: 400, code: "invalid_request", message: "A WebSocket upgrade is wanted." };
  }
  const protocols = offeredProtocols(headers);
  const key = /^Bearer (.+)$/.exec(headers.get("authorization") ?? "")?.[1] ??
    protocols.find((name) => name.startsWith(KEY_PROTOCOL))?.slice(KEY_PROTOCOL.length);
  if (!key || (apiKey !== undefined && key !== apiKey)) {
    const message = key ? "Incorrect API key provided." : "Missing bearer authentication in header.";
    return { status: 401, code: "invalid_api_key", message };
  }
  const model = url.searchParams.get("model");
  if (!model) return { status: 400, code: "missing_model", message: "You must provide a model parameter." };
  const protocol = protocols.includes(REALTIME_PROTOCOL) ? REALTIME_PROTOCOL : undefined;
  return { model, protocol };
}
