import assert from "node:assert/strict";
import { type CloseInfo, WebSocketClient } from "../../../src/lab/twilio/web_socket_client.ts";
import { WebSocketRefusedError } from "../../../src/lab/twilio/web_socket_upgrade.ts";
import { eventually } from "../../support/eventually.ts";

/** Collects what a client is told; `closed` resolves with how the connection ended. */
function recorder() {
  const { promise: closed, resolve } = Promise.withResolvers<CloseInfo>();
  const texts: string[] = [];
  const binaries: Uint8Array[] = [];
  return {
    texts,
    binaries,
    closed,
    onText: (text: string) => texts.push(text),
    onBinary: (bytes: Uint8Array) => binaries.push(bytes),
    onClose: resolve,
  };
}

function serve(handler: (socket: WebSocket, headers: Record<string, string>) => void) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const headers = Object.fromEntries(request.headers); // not to be read any more after the upgrade
    const { socket, response } = Deno.upgradeWebSocket(request);
    handler(socket, headers);
    return response;
  });
  return {
    url: `ws://127.0.0.1:${server.addr.port}/media`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("WebSocketClient sends headers, exchanges text and closes in order", async () => {
  const headers: string[] = [];
  await using server = serve((socket, sent) => {
    headers.push(sent["x-twilio-signature"], sent["user-agent"]);
    socket.onmessage = ({ data }) => socket.send(data);
  });
  const client = await WebSocketClient.connect(server.url, {
    headers: { "x-twilio-signature": "abc=", "user-agent": "Twilio.TmeWs/1.0" },
  });
  const seen = recorder();
  client.listen(seen);
  const long = "ä".repeat(50_000);
  for (const text of ["a", "b".repeat(200), long]) client.send(text);
  client.sendBinary(Uint8Array.of(1, 2));
  await eventually("all has come back", () => seen.binaries.length > 0);
  client.close(1000, "bye");
  assert.equal((await seen.closed).code, 1000);
  assert.deepEqual(headers, ["abc=", "Twilio.TmeWs/1.0"]);
  assert.deepEqual(seen.texts, ["a", "b".repeat(200), long]);
  assert.deepEqual(seen.binaries, [Uint8Array.of(1, 2)]);
});

Deno.test("WebSocketClient that stops reading leaves what the server sends with it, and still sends", async () => {
  const sockets: WebSocket[] = [];
  await using server = serve((socket) => {
    sockets.push(socket);
    socket.onmessage = ({ data }) => {
      for (let i = 0; i < 20; i++) socket.send(data);
    };
  });
  const client = await WebSocketClient.connect(server.url);
  const seen = recorder();
  client.listen(seen);
  client.send("hello");
  await eventually("all has come back", () => seen.texts.length >= 20);
  client.stopReading();
  client.send("x".repeat(1_000_000)); // twenty times that is more than any system's buffers take
  while ((sockets[0]?.bufferedAmount ?? 0) < 1_000_000) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(seen.texts.length, 20);
  client.drop();
  assert.equal((await seen.closed).code, 1006);
});

Deno.test("WebSocketClient reports the server's close code and reason", async () => {
  await using server = serve((socket) => {
    socket.onopen = () => socket.close(4001, "over");
  });
  const client = await WebSocketClient.connect(server.url);
  const seen = recorder();
  client.listen(seen);
  assert.deepEqual(await seen.closed, { code: 4001, reason: "over" });
});

Deno.test("WebSocketClient closes with 1009 when a message is too large", async () => {
  const { promise: serverSaw, resolve } = Promise.withResolvers<number>();
  await using server = serve((socket) => {
    socket.onopen = () => socket.send("x".repeat(2000));
    socket.onclose = ({ code }) => resolve(code);
  });
  const client = await WebSocketClient.connect(server.url, { maxMessageBytes: 1000 });
  const seen = recorder();
  client.listen(seen);
  assert.equal((await seen.closed).code, 1009);
  assert.equal(await serverSaw, 1009);
});

Deno.test("WebSocketClient reports 1006 when the connection breaks", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept().then(async (conn) => {
    const buffer = new Uint8Array(4096);
    const head = new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
    const key = /sec-websocket-key: (.*)\r\n/.exec(head)![1];
    const hash = await crypto.subtle.digest(
      "SHA-1",
      new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
    );
    const accept = btoa(String.fromCharCode(...new Uint8Array(hash)));
    const answer =
      `HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n\x81\x02hi`;
    await conn.write(Uint8Array.from(answer, (char) => char.charCodeAt(0)));
    conn.close();
  });
  const client = await WebSocketClient.connect(`ws://127.0.0.1:${listener.addr.port}/`);
  const seen = recorder();
  client.listen(seen);
  assert.deepEqual(await seen.closed, { code: 1006, reason: "" });
  assert.deepEqual(seen.texts, ["hi"]);
  await accepted;
  listener.close();
});

Deno.test("WebSocketClient.connect() throws for a refusal, for no server, and for silence", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("no", { status: 403 }),
  );
  await assert.rejects(WebSocketClient.connect(`ws://127.0.0.1:${server.addr.port}/`), (error) => {
    return error instanceof WebSocketRefusedError && error.status === 403;
  });
  await server.shutdown();
  await assert.rejects(WebSocketClient.connect(`ws://127.0.0.1:${server.addr.port}/`), WebSocketRefusedError);
  const mute = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = mute.accept();
  const url = `ws://127.0.0.1:${mute.addr.port}/`;
  await assert.rejects(WebSocketClient.connect(url, { timeoutMs: 50 }), /no answer within 50 ms/);
  (await accepted).close();
  mute.close();
});
