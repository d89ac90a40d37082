import assert from "node:assert/strict";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { MAX_APPEND_BYTES } from "../../../src/lab/openai/emulated_turns.ts";
import { MAX_MESSAGE_BYTES } from "../../../src/lab/openai/wire/server_socket.ts";
import { Client } from "./client.ts";

Deno.test("An append of 15 MiB is taken, a larger one gives an error", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = await Client.open(emulator, { audio: { input: { turn_detection: null } } });
  const { record } = emulator.sessions[0];
  client.send({ type: "input_audio_buffer.append", audio: "A".repeat(MAX_APPEND_BYTES / 3 * 4) });
  await emulator.sessions[0].until(() => record.appended.count === 1);
  assert.equal(record.appended.bytes, MAX_APPEND_BYTES);
  client.send({ type: "input_audio_buffer.append", audio: "A".repeat(MAX_APPEND_BYTES / 3 * 4 + 4) });
  assert.equal((await client.next("error")).error.param, "audio");
  assert.equal(record.appended.count, 1);
});

Deno.test("A message beyond the bound closes the connection with 1009; a binary one is refused, and the session lives", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using large = new Client(emulator);
  await large.next("session.created");
  large.socket.send("x".repeat(MAX_MESSAGE_BYTES + 1));
  await using binary = new Client(emulator);
  await binary.next("session.created");
  binary.socket.send(new Uint8Array(3));
  assert.equal((await binary.next("error")).error.code, "invalid_event");
  binary.send({ type: "session.update", session: { type: "realtime" } });
  await binary.next("session.updated");
  assert.equal((await large.end()).code, 1009);
});

Deno.test("Messages in pieces and in one packet are put together", async () => {
  await using emulator = new EmulatedRealtimeApi();
  const { port } = new URL(emulator.url);
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const head = "GET /v1/realtime?model=gpt-realtime HTTP/1.1\r\nupgrade: websocket\r\n" +
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer k\r\n\r\n";
  const text = new TextEncoder().encode('{"type":"input_audio_buffer.clear","event_id":"e1"}');
  const clear = [
    frame(0x01, text.subarray(0, 10)),
    frame(0x89, new Uint8Array(2)),
    frame(0x80, text.subarray(10)),
  ];
  await conn.write(concat([new TextEncoder().encode(head), ...clear, frame(0x81, text)]));
  const session = await emulator.session(1);
  await session.until(() => session.record.events.length === 2);
  assert.equal(session.record.events[0].event.event_id, "e1");
  const answer = new TextDecoder("latin1").decode(await readSome(conn));
  assert.match(answer, /^HTTP\/1\.1 101/);
  // the accept value of RFC 6455 section 1.3
  assert.match(answer, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
});

/** A frame of a client: head byte, masked payload. */
function frame(head: number, payload: Uint8Array): Uint8Array {
  const mask = [1, 2, 3, 4];
  return new Uint8Array([
    head,
    0x80 | payload.length,
    ...mask,
    ...payload.map((byte, i) => byte ^ mask[i & 3]),
  ]);
}

function concat(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

async function readSome(conn: Deno.Conn): Promise<Uint8Array> {
  const buffer = new Uint8Array(4096);
  return buffer.subarray(0, await conn.read(buffer) ?? 0);
}
