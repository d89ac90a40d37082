import { MongoProxy, pieces, write } from "./served_connections.ts";

/**
 * A MongoDB that answers late: what a server says passes after {@link SlowMongo.delayMs}, each connection's in
 * order. One operation is under way on a connection at a time, so that is how long each of them takes longer.
 */
export class SlowMongo extends MongoProxy {
  /** Infinity: nothing passes, until it is set again. */
  #delayMs = 0;
  #changed = Promise.withResolvers<void>();

  get delayMs(): number {
    return this.#delayMs;
  }

  set delayMs(delayMs: number) {
    this.#delayMs = delayMs;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
    this.delayMs = 0;
    await super[Symbol.asyncDispose]();
  }

  protected async questions(client: Deno.Conn, server: Deno.Conn): Promise<void> {
    for await (const bytes of pieces(client)) await write(server, bytes);
  }

  protected async answers(server: Deno.Conn, client: Deno.Conn): Promise<void> {
    for await (const bytes of pieces(server)) {
      while (this.#delayMs === Infinity) await this.#changed.promise;
      if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
      await write(client, bytes);
    }
  }
}
