import { Buffer } from "node:buffer";
import { BSON, type Document } from "mongodb";

/*
 * As much of MongoDB's wire protocol as its driver needs, by its specification: OP_MSG, and OP_QUERY with OP_REPLY for
 * the first handshake. https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
const OP_REPLY = 1;
const OP_QUERY = 2_004;
const OP_MSG = 2_013;
const HEADER_BYTES = 16;

/** What it does instead of answering as it should. `good`: nothing. */
export type MongoMood =
  | "good"
  | "garbage"
  | "wrong types"
  | "no fields"
  | "a cursor without end"
  | "a cursor without end or documents"
  | "a cursor by the document"
  | "a batch of 30 MB"
  | "a message without end"
  | "a message by the byte"
  | "closes midway"
  | "answers of before"
  | "nothing"
  | "errors";

export const MONGO_MOODS: readonly MongoMood[] = [
  "garbage",
  "wrong types",
  "no fields",
  "a cursor without end",
  "a cursor without end or documents",
  "a cursor by the document",
  "a batch of 30 MB",
  "a message without end",
  "a message by the byte",
  "closes midway",
  "answers of before",
  "nothing",
  "errors",
];

/** One of each type, for fields that want another. */
const ODD_VALUES: readonly unknown[] = [null, -1, 1e308, "x", [], {}, true, new Date(NaN), [[{}]], NaN];

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A certificate and its key, as PEM. */
interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

/** A MongoDB that answers wrongly on demand. Keeps nothing. */
export class HostileMongo implements Disposable {
  mood: MongoMood = "good";
  /** Questions that came, by the name of their command. */
  readonly asked = new Map<string, number>();
  readonly #listener: Deno.Listener<Deno.Conn>;
  readonly #conns = new Set<Deno.Conn>();
  readonly #tls: TlsIdentity | undefined;
  #earlier: Uint8Array | undefined;
  #odd = 0;

  /** @param tls with which it answers over TLS only */
  constructor(tls?: TlsIdentity) {
    this.#tls = tls;
    const address = { hostname: "127.0.0.1", port: 0 };
    this.#listener = tls ? Deno.listenTls({ ...address, ...tls }) : Deno.listen(address);
    void this.#accept();
  }

  /** Over TLS the driver is told to believe any certificate: what is hostile here is whose it is. */
  get uri(): string {
    const { port } = this.#listener.addr as Deno.NetAddr;
    return `mongodb://127.0.0.1:${port}/slimline${this.#tls ? "?tls=true&tlsInsecure=true" : ""}`;
  }

  get connections(): number {
    return this.#conns.size;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const conn of this.#conns) close(conn);
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      this.#conns.add(conn);
      void this.#serve(conn).catch(() => {}).finally(() => {
        this.#conns.delete(conn);
        close(conn);
      });
    }
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    let unread = Buffer.alloc(0);
    const buffer = new Uint8Array(65_536);
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      unread = Buffer.concat([unread, buffer.subarray(0, count)]);
      while (unread.length >= HEADER_BYTES && unread.length >= unread.readInt32LE(0)) {
        const message = unread.subarray(0, unread.readInt32LE(0));
        unread = unread.subarray(message.length);
        await this.#answer(conn, message);
      }
    }
  }

  async #answer(conn: Deno.Conn, message: Buffer): Promise<void> {
    const id = message.readInt32LE(4);
    const isQuery = message.readInt32LE(12) === OP_QUERY;
    const body = isQuery ? message.subarray(message.indexOf(0, 20) + 9) : message.subarray(21);
    const command = BSON.deserialize(body.subarray(0, body.readInt32LE(0)));
    const [name = ""] = Object.keys(command);
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    const good = answerTo(name, command);
    const wrap = (document: Document) => isQuery ? opReply(id, document) : opMsg(id, document);
    const isHandshake = /^(?:hello|ismaster)$/i.test(name);
    // A server that no client takes for one does nobody any harm.
    const mood = isHandshake && this.mood !== "nothing" ? "good" : this.mood;
    switch (mood) {
      case "good":
        this.#earlier = wrap(good);
        return await write(conn, this.#earlier);
      case "garbage":
        return await write(conn, crypto.getRandomValues(new Uint8Array(4_096)));
      case "wrong types":
        return await write(conn, wrap(this.#twisted(good)));
      case "no fields":
        return await write(conn, wrap({ ok: 1 }));
      case "a cursor without end":
        return await write(
          conn,
          wrap(name === "find" || name === "getMore" ? batch(name, 1_000, 42n) : good),
        );
      case "a cursor without end or documents":
        return await write(
          conn,
          wrap(name === "find" || name === "getMore" ? batch(name, 0, 42n) : good),
        );
      case "a cursor by the document":
        if (name === "getMore") await sleep(1_000);
        return await write(
          conn,
          wrap(name === "find" || name === "getMore" ? batch(name, 1, 42n) : good),
        );
      case "a batch of 30 MB":
        return await write(conn, wrap(name === "find" ? batch(name, 30_000, 0n) : good));
      case "a message without end": {
        const begin = Buffer.alloc(HEADER_BYTES + 5);
        begin.writeInt32LE(0x7fff_ffff, 0);
        begin.writeInt32LE(OP_MSG, 12);
        await write(conn, begin);
        while (this.mood === mood) await write(conn, new Uint8Array(65_536));
        return;
      }
      case "a message by the byte":
        for (const byte of wrap(good)) {
          await write(conn, Uint8Array.of(byte));
          await sleep(50);
        }
        return;
      case "closes midway":
        await write(conn, wrap(good).subarray(0, 30));
        return close(conn);
      case "answers of before":
        return await write(conn, this.#earlier ?? wrap(good));
      case "errors":
        return await write(conn, wrap({ ok: 0, code: -1, codeName: 7, errmsg: "x".repeat(1e6) }));
      case "nothing":
        return;
    }
  }

  /** Each field of a good answer, one after the other, as something else. */
  #twisted(good: Document): Document {
    const odd = ODD_VALUES[this.#odd++ % ODD_VALUES.length];
    const inside = (value: unknown): unknown =>
      value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype
        ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inside(one)]))
        : odd;
    const { ok, ...fields } = good;
    if ("cursor" in fields) {
      const documents = ODD_VALUES.map((value) => ({
        _id: value,
        at: value,
        business: value,
        call: value,
        talk: value,
      }));
      return { ok, cursor: { ...fields.cursor, firstBatch: documents } };
    }
    return { ok, ...inside(fields) as Document };
  }
}

function answerTo(name: string, command: Document): Document {
  switch (name.toLowerCase()) {
    case "hello":
    case "ismaster":
      return {
        ok: 1,
        ismaster: true,
        isWritablePrimary: true,
        maxBsonObjectSize: 16 * 1024 ** 2,
        maxMessageSizeBytes: 48_000_000,
        maxWriteBatchSize: 100_000,
        localTime: new Date(),
        minWireVersion: 0,
        maxWireVersion: 21,
        readOnly: false,
      };
    case "find":
    case "aggregate":
      return { ok: 1, cursor: { id: 0n, ns: "slimline.x", firstBatch: [] } };
    case "findandmodify":
      return { ok: 1, value: { ...command.query, ...command.update?.$set, at: new Date() } };
    default:
      return { ok: 1, n: 1, nModified: 1 };
  }
}

/** Documents of a kilobyte each. */
function batch(name: string, count: number, id: bigint): Document {
  const documents = Array.from(
    { length: count },
    (_, index) => ({ _id: `${index}`, text: "x".repeat(1_000) }),
  );
  return {
    ok: 1,
    cursor: { id, ns: "slimline.x", [name === "find" ? "firstBatch" : "nextBatch"]: documents },
  };
}

function opMsg(responseTo: number, document: Document): Uint8Array {
  return framed(OP_MSG, responseTo, [new Uint8Array(5), BSON.serialize(document)]);
}

function opReply(responseTo: number, document: Document): Uint8Array {
  const head = Buffer.alloc(20);
  head.writeInt32LE(1, 16); // documents
  return framed(OP_REPLY, responseTo, [head, BSON.serialize(document)]);
}

function framed(opCode: number, responseTo: number, parts: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(HEADER_BYTES + parts.reduce((sum, part) => sum + part.length, 0), 0);
  header.writeInt32LE(responseTo, 8);
  header.writeInt32LE(opCode, 12);
  return Buffer.concat([header, ...parts]);
}

async function write(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // it is closed already
  }
}
