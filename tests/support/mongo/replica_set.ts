import { BSON } from "mongodb";

type Document = Record<string, unknown>;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
/** Flag of an OP_MSG whose sender waits for no answer. */
const MORE_TO_COME = 2;
const HEADER_BYTES = 16;
/** How long a `getMore` of a change stream waits here: shorter than the driver asks for, to keep tests quick. */
const AWAIT_MS = 100;

/**
 * Stands in for a replica set of one member and one collection, which can be had nowhere near the tests: speaks as much of
 * MongoDB's wire protocol (OP_MSG, and OP_QUERY for the first `hello`) as the driver needs to read a collection and to follow
 * its change stream. What is in the collection, the test says.
 */
export class ReplicaSet implements AsyncDisposable {
  readonly uri: string;
  /** The names of the commands that came, in order. */
  readonly commands: string[] = [];
  /** The tokens after which streams were asked to go on. */
  readonly resumedAfter: unknown[] = [];
  readonly #documents = new Map<string, Document>();
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Map<Deno.Conn, Promise<void>>();
  readonly #accepting: Promise<void>;
  readonly #address: string;
  #changes = 0;
  /** How many of them each stream has told. */
  readonly #streams: number[] = [];
  #changed = Promise.withResolvers<void>();

  constructor() {
    this.#address = `127.0.0.1:${this.#listener.addr.port}`;
    this.uri = `mongodb://${this.#address}/slimline?replicaSet=rs`;
    this.#accepting = this.#accept();
  }

  /** Puts a document in place, which the change stream tells. */
  write(_id: string, content: Document): void {
    this.#documents.set(_id, { _id, ...content });
    this.#changes++;
    this.#wake();
  }

  /** Breaks all connections, as a failing network does. */
  disconnect(): void {
    for (const connection of this.#connections.keys()) close(connection);
  }

  count(command: string): number {
    return this.commands.filter((name) => name === command).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.disconnect();
    this.#wake();
    await this.#accepting;
    await Promise.all(this.#connections.values());
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      const served = this.#serve(connection).catch(() => {}) // it was broken
        .finally(() => {
          close(connection);
          this.#connections.delete(connection);
        });
      this.#connections.set(connection, served);
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    while (true) {
      const head = await read(connection, HEADER_BYTES);
      if (head === undefined) return;
      const [length, id, , code] = new Int32Array(head.buffer);
      const body = await read(connection, length - HEADER_BYTES);
      if (body === undefined) return;
      const isMsg = code === OP_MSG;
      if (!isMsg && code !== OP_QUERY) throw new TypeError(`There is no operation ${code} here.`);
      // Before the command: flags and the kind of the section; of a query flags, a name that ends in 0, and two numbers.
      const start = isMsg ? 5 : body.indexOf(0, 4) + 1 + 8;
      const answer = await this.#answer(BSON.deserialize(body.subarray(start)));
      if (isMsg && (body[0] & MORE_TO_COME) !== 0) continue;
      await write(connection, isMsg ? message(id, answer) : reply(id, answer));
    }
  }

  async #answer(command: Document): Promise<Document> {
    const [name] = Object.keys(command);
    this.commands.push(name);
    switch (name) {
      case "hello":
      case "ismaster":
      case "isMaster":
        return this.#hello();
      case "find":
        return cursor(0, { firstBatch: [...this.#documents.values()] });
      case "aggregate":
        return this.#openStream(command.pipeline as Document[]);
      case "getMore":
        return await this.#nextBatch(Number(command.getMore));
      default:
        return { ok: 1 };
    }
  }

  #hello(): Document {
    return {
      ok: 1,
      helloOk: true,
      isWritablePrimary: true,
      ismaster: true,
      setName: "rs",
      setVersion: 1,
      hosts: [this.#address],
      me: this.#address,
      primary: this.#address,
      logicalSessionTimeoutMinutes: 30,
      maxBsonObjectSize: 16 * 2 ** 20,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      minWireVersion: 0,
      maxWireVersion: 21,
    };
  }

  #openStream([{ $changeStream }]: Document[]): Document {
    const { resumeAfter } = $changeStream as { resumeAfter?: { _data: string } };
    if (resumeAfter) this.resumedAfter.push(resumeAfter);
    const told = resumeAfter ? Number(resumeAfter._data) : this.#changes;
    const id = this.#streams.push(told);
    return cursor(id, { firstBatch: [], postBatchResumeToken: token(told) });
  }

  async #nextBatch(id: number): Promise<Document> {
    const from = this.#streams[id - 1];
    if (from === this.#changes) await soon(this.#changed.promise);
    const nextBatch: Document[] = [];
    for (let change = from + 1; change <= this.#changes; change++) nextBatch.push({ _id: token(change) });
    this.#streams[id - 1] = from + nextBatch.length;
    return cursor(id, { nextBatch, postBatchResumeToken: token(from + nextBatch.length) });
  }

  /** Ends the waiting of all streams. */
  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Resolves with `promise`, or after {@link AWAIT_MS}. */
async function soon(promise: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, AWAIT_MS);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

function token(change: number): Document {
  return { _data: String(change) };
}

function cursor(id: number, batch: Document): Document {
  return { ok: 1, cursor: { id: BSON.Long.fromNumber(id), ns: "slimline.businesses", ...batch } };
}

function message(id: number, document: Document): Uint8Array<ArrayBuffer> {
  return framed(id, OP_MSG, new Uint8Array(5), document);
}

/** The answer to an {@link OP_QUERY}: flags, the cursor's id, where it starts, and one document. */
function reply(id: number, document: Document): Uint8Array<ArrayBuffer> {
  const fields = new Uint8Array(20);
  fields[16] = 1;
  return framed(id, OP_REPLY, fields, document);
}

function framed(id: number, code: number, fields: Uint8Array, document: Document): Uint8Array<ArrayBuffer> {
  const bson = BSON.serialize(document);
  const bytes = new Uint8Array(HEADER_BYTES + fields.length + bson.length);
  new Int32Array(bytes.buffer, 0, 4).set([bytes.length, 0, id, code]);
  bytes.set(fields, HEADER_BYTES);
  bytes.set(bson, HEADER_BYTES + fields.length);
  return bytes;
}

/** So many bytes; undefined when the other side has gone. */
async function read(connection: Deno.Conn, length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) return undefined;
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
