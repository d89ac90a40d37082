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
 * Starts to open a session's WebSocket. The key travels in the `Authorization` header. Deno before 2.5 cannot set headers
 * on a WebSocket and throws; there it travels as a sub-protocol, which OpenAI accepts too.
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
