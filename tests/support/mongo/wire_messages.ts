import { BSON } from "mongodb";

/* https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */

export type Document = Record<string, unknown>;

export const OP_MSG = 2_013;
const OP_REPLY = 1;
const OP_QUERY = 2_004;
/** Flag of an OP_MSG whose sender waits for no answer. */
const MORE_TO_COME = 2;
const HEADER_BYTES = 16;
/** Before the command of an OP_MSG: flags, and the kind of the section. */
const MSG_FIELDS_BYTES = 5;

/** A message of a client. */
export interface Question {
  /** All of it, as it came. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly id: number;
  readonly code: number;
}

/** The next message. @throws when the other side has gone */
export async function readQuestion(connection: Deno.Conn): Promise<Question> {
  const head = await read(connection, HEADER_BYTES);
  const [length, id, , code] = new Int32Array(head.buffer);
  const bytes = new Uint8Array(length);
  bytes.set(head);
  bytes.set(await read(connection, length - HEADER_BYTES), HEADER_BYTES);
  return { bytes, id, code };
}

/** The command of an OP_MSG, or of the OP_QUERY that the first `hello` comes in. */
export function commandOf({ bytes, code }: Question): Document {
  if (code !== OP_MSG && code !== OP_QUERY) throw new TypeError(`There is no operation ${code} here.`);
  // Of a query: flags, a name that ends in 0, and two numbers.
  const at = code === OP_MSG ? HEADER_BYTES + MSG_FIELDS_BYTES : bytes.indexOf(0, HEADER_BYTES + 4) + 1 + 8;
  const size = new DataView(bytes.buffer).getInt32(at, true);
  return BSON.deserialize(bytes.subarray(at, at + size));
}

export function wantsAnswer({ bytes, code }: Question): boolean {
  return code !== OP_MSG || (bytes[HEADER_BYTES] & MORE_TO_COME) === 0;
}

/** An answer: OP_REPLY to an OP_QUERY, else OP_MSG. */
export function answerTo({ id, code }: Question, document: Document): Uint8Array<ArrayBuffer> {
  if (code !== OP_QUERY) return framed(id, OP_MSG, new Uint8Array(MSG_FIELDS_BYTES), document);
  const fields = new Uint8Array(20); // flags, the cursor's id, where it starts, and how many documents
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

async function read(connection: Deno.Conn, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) throw new Deno.errors.UnexpectedEof("The other side has gone.");
    at += count;
  }
  return bytes;
}
