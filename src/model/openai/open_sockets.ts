/**
 * Counts sockets from the moment they are asked for until the runtime says that they are closed, whoever still refers to
 * them: a session that is forgotten and not closed shows here.
 */
export class OpenSockets {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Counts `socket` in until its close event, which may come twice. Returns it. */
  add<Socket extends EventTarget>(socket: Socket): Socket {
    this.#count++;
    socket.addEventListener("close", () => this.#count--, { once: true });
    return socket;
  }
}
