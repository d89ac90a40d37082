import { BSON } from "mongodb";

const OP_MSG = 2013;
const HEADER_BYTES = 16;
/** Before the command: flags, and the kind of the section. */
const COMMAND_AT = HEADER_BYTES + 5;

/** What a server that has stepped down still answers, since no primary is needed for it. */
const ANSWERED = ["hello", "ismaster", "isMaster", "ping", "buildInfo", "endSessions"];
const READS = ["find", "aggregate", "count", "getMore"];

/**
 * A MongoDB whose primary steps down: while {@link SteppingDownMongo.isDown}, it refuses at once what only a
 * primary does, with its connections open, as servers do since 4.2 until another one has been elected. Source:
 * https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md
 */
export class SteppingDownMongo implements AsyncDisposable {
  isDown = false;
  /** Commands that were refused. */
  readonly refused: string[] = [];
  /** How it is reached, instead of the server itself. */
  readonly uri: string;
  readonly #upstream: { readonly hostname: string; readonly port: number };
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Map<Deno.Conn, Promise<void>>();
  readonly #accepting: Promise<void>;

  /** @param uri of the server */
  constructor(uri: string) {
    const url = new URL(uri);
    this.#upstream = { hostname: url.hostname, port: Number(url.port || 27_017) };
    url.host = `127.0.0.1:${this.#listener.addr.port}`;
    this.uri = url.href;
    this.#accepting = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections.keys()) close(connection);
    await this.#accepting;
    await Promise.all(this.#connections.values());
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const served = this.#serve(client).finally(() => {
        close(client);
        this.#connections.delete(client);
      });
      this.#connections.set(client, served);
    }
  }

  async #serve(client: Deno.Conn): Promise<void> {
    let server: Deno.Conn;
    try {
      server = await Deno.connect(this.#upstream);
    } catch {
      return; // it is not there
    }
    await Promise.all([
      this.#questions(client, server).finally(() => close(server)),
      server.readable.pipeTo(client.writable, { preventClose: true }).catch(() => {}) // one end is closed
        .finally(() => close(client)),
    ]);
  }

  async #questions(client: Deno.Conn, server: Deno.Conn): Promise<void> {
    try {
      for (;;) {
        const head = await read(client, HEADER_BYTES);
        const [length, id, , code] = new Int32Array(head.buffer);
        const message = new Uint8Array(length);
        message.set(head);
        message.set(await read(client, length - HEADER_BYTES), HEADER_BYTES);
        const refusal = this.isDown && code === OP_MSG ? this.#refusal(message) : undefined;
        // One question is under way on a connection at a time, so that no answer of the server is in between.
        await (refusal ? write(client, framed(id, refusal)) : write(server, message));
      }
    } catch {
      // one end is closed
    }
  }

  #refusal(message: Uint8Array): Record<string, unknown> | undefined {
    const size = new DataView(message.buffer).getInt32(COMMAND_AT, true);
    const [name] = Object.keys(BSON.deserialize(message.subarray(COMMAND_AT, COMMAND_AT + size)));
    if (ANSWERED.includes(name)) return undefined;
    this.refused.push(name);
    return READS.includes(name)
      ? {
        ok: 0,
        code: 13_435,
        codeName: "NotPrimaryNoSecondaryOk",
        errmsg: "not primary and secondaryOk=false",
      }
      : { ok: 0, code: 10_107, codeName: "NotWritablePrimary", errmsg: "not primary" };
  }
}

function framed(id: number, document: Record<string, unknown>): Uint8Array<ArrayBuffer> {
  const bson = BSON.serialize(document);
  const bytes = new Uint8Array(COMMAND_AT + bson.length);
  new Int32Array(bytes.buffer, 0, 4).set([bytes.length, 0, id, OP_MSG]);
  bytes.set(bson, COMMAND_AT);
  return bytes;
}

/** So many bytes. @throws when the other side has gone */
async function read(connection: Deno.Conn, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) throw new Deno.errors.UnexpectedEof("The other side has gone.");
    at += count;
  }
  return bytes;
}

async function write(connection: Deno.Conn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // it is closed
  }
}
