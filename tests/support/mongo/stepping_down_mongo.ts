import { MongoProxy, write } from "./served_connections.ts";
import { answerTo, commandOf, type Document, OP_MSG, type Question, readQuestion } from "./wire_messages.ts";

/** What a server that has stepped down still answers, since no primary is needed for it. */
const ANSWERED = ["hello", "ismaster", "isMaster", "ping", "buildInfo", "endSessions"];
const READS = ["find", "aggregate", "count", "getMore"];

/**
 * A MongoDB whose primary steps down: while {@link SteppingDownMongo.isDown}, it refuses at once what only a
 * primary does, with its connections open, as servers do since 4.2 until another one has been elected. Source:
 * https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md
 */
export class SteppingDownMongo extends MongoProxy {
  isDown = false;
  /** Commands that were refused. */
  readonly refused: string[] = [];

  protected async questions(client: Deno.Conn, server: Deno.Conn): Promise<void> {
    for (;;) {
      const question = await readQuestion(client);
      const refusal = this.isDown && question.code === OP_MSG ? this.#refusal(question) : undefined;
      // One question is under way on a connection at a time, so that no answer of the server is in between.
      await (refusal ? write(client, answerTo(question, refusal)) : write(server, question.bytes));
    }
  }

  protected async answers(server: Deno.Conn, client: Deno.Conn): Promise<void> {
    await server.readable.pipeTo(client.writable, { preventClose: true });
  }

  #refusal(question: Question): Document | undefined {
    const [name] = Object.keys(commandOf(question));
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
