import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** What one question may bring: an answer is one document, of 16 MiB and a little at most. */
const MAX_ANSWER_BYTES = 17 * 2 ** 20;
/** Each socket that this process connects with Node's `net`, which MongoDB's driver alone does. */
const SOCKETS = "net.client.socket";

let isBound = false;

/**
 * Cuts off each connection over which more than {@link MAX_ANSWER_BYTES} come for a question. The driver
 * believes whatever length a message says that it has, up to 2 GB, keeps what has come of it, and has no
 * setting for that; nor does it time out while anything comes. Not over TLS, where whoever answers has shown
 * who they are.
 */
export function boundAnswers(): void {
  if (isBound) return;
  isBound = true;
  subscribe(SOCKETS, (message) => bound((message as { socket: Socket }).socket));
}

function bound(socket: Socket): void {
  let asked = 0;
  let answered = 0;
  socket.on("data", (chunk) => {
    if (socket.bytesWritten !== asked) {
      asked = socket.bytesWritten;
      answered = 0;
    }
    answered += chunk.length;
    if (answered > MAX_ANSWER_BYTES) socket.destroy(new Error("MongoDB sends an answer without end."));
  });
}
