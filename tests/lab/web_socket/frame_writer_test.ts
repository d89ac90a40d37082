import assert from "node:assert/strict";
import { MessageReader, OPCODE } from "../../../src/lab/web_socket/frames.ts";
import { FrameWriter } from "../../../src/lab/web_socket/frame_writer.ts";

/** A connection that takes `atATime` bytes a write, and what the peer at its other end reads. */
function connection(side: "client" | "server", atATime = Infinity) {
  const reader = new MessageReader(side, 2 ** 24);
  const messages: [opcode: number, text: string][] = [];
  const writes: number[] = [];
  return {
    messages,
    writes,
    async write(bytes: Uint8Array): Promise<number> {
      await new Promise((resolve) => setTimeout(resolve));
      const taken = bytes.slice(0, atATime);
      writes.push(taken.length);
      reader.push(taken, ({ opcode, payload }) => {
        messages.push([opcode, new TextDecoder().decode(payload)]);
      });
      return taken.length;
    },
  };
}

const TEXTS = [
  "",
  "a",
  "b".repeat(125),
  "c".repeat(126),
  "ä".repeat(63),
  "€".repeat(40_000),
  "d".repeat(70_000),
];

for (const side of ["client", "server"] as const) {
  Deno.test(`FrameWriter writes what a ${side} sends, whole and in order, however little goes at a time`, async () => {
    for (const atATime of [7_001, Infinity]) {
      const conn = connection(side, atATime);
      const writer = new FrameWriter(conn, side);
      for (const text of TEXTS) {
        writer.text(text);
        await Promise.resolve(); // some of it is being written while more comes
      }
      writer.frame(OPCODE.ping, Uint8Array.of(0x48, 0x69));
      assert.ok(writer.backlogBytes > 190_000, `${writer.backlogBytes}`);
      await writer.drained;
      assert.deepEqual(conn.messages, [
        ...TEXTS.map((text) => [OPCODE.text, text] as [number, string]),
        [OPCODE.ping, "Hi"],
      ]);
      assert.equal(writer.backlogBytes, 0);
      assert.equal(writer.drained, undefined);
    }
  });
}

Deno.test("FrameWriter writes what is sent in one turn of the event loop at once, and goes on in the same buffers", async () => {
  const conn = connection("client");
  const writer = new FrameWriter(conn, "client");
  for (let turn = 1; turn <= 5; turn++) {
    for (let count = 0; count < turn; count++) writer.text(`${turn} ${count}`);
    await writer.drained;
  }
  assert.deepEqual(conn.writes.length, 5);
  assert.deepEqual(conn.messages.map(([, text]) => text).slice(-2), ["5 3", "5 4"]);
  assert.equal(conn.messages.length, 15);
});

Deno.test("FrameWriter tells once that the connection is broken, and holds nothing from then on", async () => {
  let broken = 0;
  const writer = new FrameWriter(
    { write: () => Promise.reject(new Error("gone")) },
    "server",
    () => broken++,
  );
  writer.text("lost");
  await writer.drained;
  writer.text("not taken");
  await writer.drained;
  assert.deepEqual([broken, writer.backlogBytes], [1, 0]);
});

Deno.test("FrameWriter that is cut while it writes forgets the rest", async () => {
  const conn = connection("client", 10);
  const writer = new FrameWriter(conn, "client");
  writer.text("x".repeat(1000));
  await conn.write(new Uint8Array());
  writer.text("more");
  writer.cut();
  assert.equal(writer.backlogBytes, 0);
  await writer.drained;
  assert.ok(conn.writes.length < 4, `${conn.writes.length} writes`);
  assert.equal(writer.backlogBytes, 0);
});
