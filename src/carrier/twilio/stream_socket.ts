import { setImmediate } from "node:timers";
import { textResponse } from "../../http/router.ts";
import { noteUpgrade } from "../../http/upgraded_sockets.ts";

/** What answers a request that asks for no WebSocket, or whose wish a proxy has taken away. */
export function unlessUpgrade(request: Request): Response | undefined {
  if (request.headers.get("upgrade")?.toLowerCase() === "websocket") return undefined;
  return textResponse(426, "This is the WebSocket of a Twilio media stream.", { upgrade: "websocket" });
}

/** Upgrades a request; answers 400 what is not a proper upgrade. */
export function upgradeStream(request: Request, protocol?: string): Deno.WebSocketUpgrade | Response {
  const upgraded = upgrade(request, protocol);
  if (!upgraded) return textResponse(400, "The upgrade lacks one of its headers: RFC 6455, section 4.1.");
  closeOutsideEvents(upgraded.socket);
  noteUpgrade(upgraded.response, upgraded.socket);
  return upgraded;
}

/** Undefined when the request is not a proper upgrade, which the runtime refuses. */
function upgrade(request: Request, protocol: string | undefined): Deno.WebSocketUpgrade | undefined {
  try {
    return Deno.upgradeWebSocket(request, {
      idleTimeout: 0, // MediaStream itself notices a silent peer, without a timer for each message
      ...protocol === undefined ? {} : { protocol },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

/**
 * The runtime sends the code of a `close` in the next turn of its event loop, and not at all when it hands
 * over a message before that: the peer then sees a broken connection (1006). Nothing that has been read waits
 * to be handed over where `setImmediate` calls back, other than in a message's event or where timers run.
 */
export function closeOutsideEvents(socket: WebSocket): void {
  const close = socket.close.bind(socket);
  socket.close = (code, reason) => void setImmediate(() => close(code, reason));
}
