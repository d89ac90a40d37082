/** Connections that are opened and never say anything, as an attacker without any secret can open them. */
export class IdleConnections implements Disposable {
  readonly #connections: Deno.TcpConn[] = [];

  /** Opens `count` of them, or as many as are let in, `atOnce` at a time. */
  static async open(port: number, count: number, atOnce = 64): Promise<IdleConnections> {
    const idle = new IdleConnections();
    for (let left = count; left > 0; left -= atOnce) {
      const some = Array.from({ length: Math.min(left, atOnce) }, () => idle.#open(port));
      if (!(await Promise.all(some)).some(Boolean)) break;
    }
    return idle;
  }

  /** How many were let in. */
  get count(): number {
    return this.#connections.length;
  }

  /** How many the server has closed. */
  async closed(): Promise<number> {
    const states = await Promise.all(this.#connections.map(async (connection) => {
      const { promise, resolve } = Promise.withResolvers<"open">();
      const timer = setTimeout(() => resolve("open"), 50);
      const state = await Promise.race([promise, connection.read(new Uint8Array(1)).catch(() => null)]);
      clearTimeout(timer);
      return state;
    }));
    return states.filter((state) => state === null).length;
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections.splice(0)) {
      try {
        connection.close();
      } catch {
        // the server has closed it
      }
    }
  }

  async #open(port: number): Promise<boolean> {
    try {
      this.#connections.push(await Deno.connect({ hostname: "127.0.0.1", port }));
      return true;
    } catch {
      return false; // refused: nobody listens for a moment
    }
  }
}
