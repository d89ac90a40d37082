import assert from "node:assert/strict";
import { upgradeStream } from "../../../src/carrier/twilio/stream_socket.ts";
import { listen } from "../../../src/http/listen.ts";
import { type CloseInfo, WebSocketClient } from "../../../src/lab/twilio/web_socket_client.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { after } from "../../../src/util/clock.ts";

/** Streams that are closed, each at a time of its own, while the caller's audio comes in on all of them. */
const STREAMS = 150;
const ROUNDS = 4;
/** Apart from each other, so that each turn of the event loop closes one and reads what came on others. */
const CLOSE_EVERY_MS = 1.3;
const FRAME_EVERY_MS = 2;
const FRAME = `{"event":"media","media":{"payload":"${"/".repeat(216)}"}}`;

Deno.test("A stream's code reaches the caller's side while audio still comes in, whenever it is closed", async () => {
  const clock = new SystemClock();
  const sockets: WebSocket[] = [];
  const server = listen(
    (request) => {
      const upgraded = upgradeStream(request);
      if (upgraded instanceof Response) return upgraded;
      sockets.push(upgraded.socket);
      upgraded.socket.onmessage = () => {}; // or the runtime would not hand messages on
      return upgraded.response;
    },
    "127.0.0.1",
    0,
  );
  for (let round = 0; round < ROUNDS; round++) {
    sockets.length = 0;
    const ends: Promise<CloseInfo>[] = [];
    const clients: WebSocketClient[] = [];
    for (let count = 0; count < STREAMS; count++) {
      const client = await WebSocketClient.connect(`ws://127.0.0.1:${server.port}/`);
      const { promise, resolve } = Promise.withResolvers<CloseInfo>();
      client.listen({ onText: () => {}, onBinary: () => {}, onClose: resolve });
      clients.push(client);
      ends.push(promise);
    }
    const frames = setInterval(() => clients.forEach((client) => client.send(FRAME)), FRAME_EVERY_MS);
    for (const [nth, socket] of sockets.entries()) {
      after(clock, nth * CLOSE_EVERY_MS, () => socket.close(1001, "the server stops"));
    }
    const codes = (await Promise.all(ends)).map(({ code }) => code);
    clearInterval(frames);
    assert.deepEqual(new Set(codes), new Set([1001]), `round ${round}`);
  }
  await server.stop();
});
