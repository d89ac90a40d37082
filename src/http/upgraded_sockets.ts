const sockets = new WeakMap<Response, WebSocket>();

/**
 * Notes which WebSocket an answer begins, so that whoever listens knows what its connections are used for.
 */
export function noteUpgrade(response: Response, socket: WebSocket): void {
  sockets.set(response, socket);
}

/** The WebSocket that an answer begins; undefined for any other answer. */
export function upgradedSocket(response: Response): WebSocket | undefined {
  return sockets.get(response);
}
