import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** What one question may bring: an answer is one document, of 16 MiB and a little at most. */
const MAX_ANSWER_BYTES = 17 * 2 ** 20;
/** From an answer's first byte to its last. One that does not begin is the driver's to give up. */
const MAX_ANSWER_MS = 15_000;
/** Each socket that this process connects with Node's `net` or `tls`, which MongoDB's driver alone does. */
const SOCKETS = "net.client.socket";

let isBound = false;

/**
 * Cuts off each connection over which more than {@link MAX_ANSWER_BYTES} come for a question, or for longer
 * than {@link MAX_ANSWER_MS}. The driver believes whatever length a message says that it has, up to 2 GB,
 * keeps what has come of it, and has no setting for that; nor does it time out while anything comes.
 */
export function boundAnswers(): void {
  if (isBound) return;
  isBound = true;
  subscribe(SOCKETS, (message) => bound((message as { socket: Socket }).socket));
}

function bound(socket: Socket): void {
  let asked = 0;
  let answered = 0;
  let beganMs = 0;
  socket.on("data", (chunk) => {
    if (socket.bytesWritten !== asked) {
      asked = socket.bytesWritten;
      answered = 0;
      beganMs = performance.now();
    }
    answered += chunk.length;
    if (answered > MAX_ANSWER_BYTES || performance.now() - beganMs > MAX_ANSWER_MS) {
      socket.destroy(new Error("MongoDB sends an answer without end."));
    }
  });
}
