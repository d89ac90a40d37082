import assert from "node:assert/strict";
import { probeUpgrade } from "../../src/app/upgrade_probe.ts";

/** A server that answers every connection with these bytes, and then waits. */
function answering(text: string, frames: readonly number[] = []) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const heard: string[] = [];
  const bytes: number[] = [];
  const connections: Deno.Conn[] = [];
  const listen = async (connection: Deno.Conn) => {
    const buffer = new Uint8Array(1_024);
    try {
      for (let count; (count = await connection.read(buffer)) !== null;) {
        bytes.push(...buffer.subarray(0, count));
      }
    } catch {
      // it was closed here
    }
  };
  const done = (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      const buffer = new Uint8Array(8_192);
      const count = await connection.read(buffer) ?? 0;
      heard.push(new TextDecoder().decode(buffer.subarray(0, count)));
      await connection.write(new Uint8Array([...new TextEncoder().encode(text), ...frames]));
      void listen(connection);
    }
  })();
  return {
    heard,
    bytes,
    url: new URL(`ws://me:a%20secret@127.0.0.1:${listener.addr.port}/media/check`),
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of connections) connection.close();
      await done;
    },
  };
}

Deno.test("probeUpgrade() says what a proxy answers in place of the upgrade", async () => {
  await using server = answering("HTTP/1.1 404 Not Found\r\nserver: nginx\r\n\r\n<html>");
  assert.deepEqual(await probeUpgrade(server.url, { headers: { "x-a": "b" }, holdMs: 0 }), {
    is: "refused",
    status: 404,
    text: "<html>",
  });
  const [head] = server.heard;
  assert.match(head, /^GET \/media\/check HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nupgrade: websocket\r\n/);
  assert.match(head, /\r\nauthorization: Basic bWU6YSBzZWNyZXQ=\r\n/);
  assert.match(head, /\r\nx-a: b\r\n/);
});

for (
  const [what, text] of [
    ["no HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"],
    ["a head without an end", "HTTP/1.1 200 OK\r\n" + "x: y\r\n".repeat(4_000)],
  ]
) {
  Deno.test(`probeUpgrade() does not take ${what} for an answer`, async () => {
    await using server = answering(text);
    const outcome = await probeUpgrade(server.url, { headers: {}, holdMs: 0 });
    assert.equal(outcome.is, "unreached");
  });
}

Deno.test("probeUpgrade() says that nobody listens", async () => {
  const outcome = await probeUpgrade(new URL("ws://127.0.0.1:9/"), { headers: {}, holdMs: 0 });
  assert.equal(outcome.is, "unreached");
  assert.match(outcome.is === "unreached" ? outcome.reason : "", /refused/i);
});

Deno.test("probeUpgrade() reads frames of any length, pings among them, and sees the last one", async () => {
  const long = [0x81, 126, 300 >> 8, 300 & 0xff, ...new Array(300).fill(120)];
  const ping = [0x89, 2, 104, 105];
  await using server = answering("HTTP/1.1 101 Switching Protocols\r\n\r\n", [...ping, ...long, 0x88, 0]);
  const outcome = await probeUpgrade(server.url, { headers: {}, holdMs: 10_000 });
  assert.equal(outcome.is, "closed");
});

Deno.test("probeUpgrade() goes on to send while it holds, as a call does", async () => {
  await using server = answering("HTTP/1.1 101 Switching Protocols\r\n\r\n", [0x81, 0]);
  assert.deepEqual(await probeUpgrade(server.url, { headers: {}, holdMs: 1_500 }), { is: "held" });
  // Two masked text frames: the greeting, and one a second later.
  const frames = server.bytes.flatMap((byte, index) => byte === 0x81 ? [server.bytes[index + 1] & 0x7f] : []);
  assert.ok(frames.length >= 2, frames.join());
});
