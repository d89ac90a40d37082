import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";

/** What may come over a connection beside twice the body: heads, and what chunks are framed with. */
const MAX_OTHER_BYTES = 64 * 1024;
/** Interim answers, such as `103 Early Hints`, before the one that counts. */
const MAX_INTERIM_ANSWERS = 16;

/**
 * Bounds what comes over a request's connection, and how much of it is read at a stretch. Node's client has a
 * bound for headers alone: interim answers, empty lines and the frames of chunks it reads for as long as they
 * come, and as fast, while calls wait. Who exceeds a bound is cut off, and the request fails.
 */
export class BoundedConnection implements Disposable {
  readonly #request: ClientRequest;
  #leftBytes: number;
  #interimAnswers = 0;
  /** Until then the connection is not read. */
  #pause: ReturnType<typeof setTimeout> | undefined;

  /** @param maxBytes of the body */
  constructor(request: ClientRequest, maxBytes: number) {
    this.#request = request;
    this.#leftBytes = 2 * maxBytes + MAX_OTHER_BYTES;
    request.once("socket", (socket) =>
      // Before the client, which goes through all of it at once.
      socket.prependListener("data", ({ length }: Uint8Array) => this.#read(socket, length)));
    request.on("information", () => {
      if (++this.#interimAnswers > MAX_INTERIM_ANSWERS) this.#cutOff();
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#pause);
  }

  /** Others have their turn before more is read, such as whoever reads the body and may have had enough. */
  #read(socket: Socket, length: number): void {
    this.#leftBytes -= length;
    if (this.#leftBytes < 0) return this.#cutOff();
    socket.pause();
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => socket.resume(), 0);
  }

  #cutOff(): void {
    this.#request.destroy(new Error("More came than an answer needs."));
  }
}
