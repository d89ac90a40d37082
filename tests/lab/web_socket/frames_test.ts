import assert from "node:assert/strict";
import { headBytes, MessageReader, OPCODE, sealFrame } from "../../../src/lab/web_socket/frames.ts";

/** What a reader makes of pieces, as opcode and text. */
function read(reader: MessageReader, ...pieces: Uint8Array[]): [number, string][] {
  const messages: [number, string][] = [];
  for (const piece of pieces) {
    reader.push(
      piece,
      ({ opcode, payload }) => messages.push([opcode, new TextDecoder().decode(payload)]),
    );
  }
  return messages;
}

/** One frame of `payload`. */
function frame(opcode: number, payload: Uint8Array, mask?: Uint8Array): Uint8Array {
  const head = headBytes(payload.length, mask ? "client" : "server");
  const bytes = new Uint8Array(head + payload.length);
  bytes.set(payload, head);
  sealFrame(bytes, 0, opcode, payload.length, mask);
  return bytes;
}

Deno.test("sealFrame() writes each length form as RFC 6455 has it", () => {
  // The masked "Hello" of RFC 6455 section 5.7.
  const mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
  const hello = new TextEncoder().encode("Hello");
  assert.deepEqual(
    [...frame(OPCODE.text, hello, mask)],
    [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
  );
  assert.deepEqual([...frame(OPCODE.binary, new Uint8Array(256), mask).subarray(0, 4)], [0x82, 0xfe, 1, 0]);
  assert.deepEqual(
    [...frame(OPCODE.binary, new Uint8Array(65536), mask).subarray(0, 10)],
    [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0],
  );
  assert.deepEqual([...frame(OPCODE.text, hello)], [0x81, 5, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
});

Deno.test("MessageReader finds messages however the bytes are cut, and a ping between their pieces", () => {
  // "Hel" and "lo" as two fragments (RFC 6455 section 5.7), with an unmasked ping "Hi" between them.
  const bytes = Uint8Array.of(1, 3, 0x48, 0x65, 0x6c, 0x89, 2, 0x48, 0x69, 0x80, 2, 0x6c, 0x6f);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const messages = read(new MessageReader("server", 5), bytes.slice(0, cut), bytes.slice(cut));
    assert.deepEqual(messages, [[OPCODE.ping, "Hi"], [OPCODE.text, "Hello"]]);
  }
});

Deno.test("MessageReader unmasks what a client sends, of each length form", () => {
  const mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
  for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
    const text = "slimline".repeat(length / 8 + 1).slice(0, length);
    const bytes = frame(OPCODE.text, new TextEncoder().encode(text), mask);
    assert.deepEqual(read(new MessageReader("client", 100_000), bytes), [[OPCODE.text, text]]);
  }
});

Deno.test("MessageReader unmasks a message wherever it lies, byte by byte and by words", () => {
  const mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
  for (let before = 0; before < 4; before++) {
    for (let length = 0; length < 20; length++) {
      const text = "slimline is slim, and lean".slice(0, length);
      const ping = frame(OPCODE.ping, new Uint8Array(before), mask);
      const bytes = Uint8Array.of(...ping, ...frame(OPCODE.text, new TextEncoder().encode(text), mask));
      assert.deepEqual(read(new MessageReader("client", 100), bytes)[1], [OPCODE.text, text]);
    }
  }
});

Deno.test("MessageReader refuses what a peer must not send", () => {
  const refused: [string, "client" | "server", number[], number][] = [
    ["a reserved bit", "server", [0xc1, 0], 1002],
    ["a server's mask", "server", [0x81, 0x80, 0, 0, 0, 0], 1002],
    ["a client's frame without a mask", "client", [0x81, 0], 1002],
    ["a control frame in pieces", "server", [0x09, 0], 1002],
    ["a long control frame", "server", [0x89, 126, 0, 126], 1002],
    ["a piece of no message", "server", [0x80, 0], 1002],
    ["a message within another", "server", [0x01, 1, 0x48, 0x81, 0], 1002],
    ["a message over the limit", "server", [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0], 1009],
    ["a message over the limit by its last piece", "server", [0x01, 1, 0x48, 0x80, 126, 0x03, 0xe8], 1009],
  ];
  for (const [what, peer, bytes, closeCode] of refused) {
    assert.throws(() => read(new MessageReader(peer, 1000), Uint8Array.from(bytes)), { closeCode }, what);
  }
});
