import { BSON } from "mongodb";
import { ServedConnections, write } from "./served_connections.ts";
import { answerTo, commandOf, type Document, readQuestion, wantsAnswer } from "./wire_messages.ts";

/** How long a `getMore` of a change stream waits here: shorter than the driver asks for, to keep tests quick. */
const AWAIT_MS = 100;

/**
 * Stands in for a replica set of one member and one collection, which can be had nowhere near the tests: speaks as much of
 * MongoDB's wire protocol (OP_MSG, and OP_QUERY for the first `hello`) as the driver needs to read a collection and to follow
 * its change stream. What is in the collection, the test says.
 */
export class ReplicaSet extends ServedConnections {
  readonly uri: string;
  /** The names of the commands that came, in order. */
  readonly commands: string[] = [];
  /** The tokens after which streams were asked to go on. */
  readonly resumedAfter: unknown[] = [];
  readonly #documents = new Map<string, Document>();
  #changes = 0;
  /** How many of them each stream has told. */
  readonly #streams: number[] = [];
  #changed = Promise.withResolvers<void>();

  constructor() {
    super();
    this.uri = `mongodb://${this.address}/slimline?replicaSet=rs`;
  }

  /** Puts a document in place, which the change stream tells. */
  write(_id: string, content: Document): void {
    this.#documents.set(_id, { _id, ...content });
    this.#changes++;
    this.#wake();
  }

  count(command: string): number {
    return this.commands.filter((name) => name === command).length;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
    this.#wake();
    await super[Symbol.asyncDispose]();
  }

  protected async serve(connection: Deno.Conn): Promise<void> {
    for (;;) {
      const question = await readQuestion(connection);
      const answer = await this.#answer(commandOf(question));
      if (wantsAnswer(question)) await write(connection, answerTo(question, answer));
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
      hosts: [this.address],
      me: this.address,
      primary: this.address,
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
