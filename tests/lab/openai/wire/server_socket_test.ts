import assert from "node:assert/strict";
import { ServerSocket, type SocketEnd } from "../../../../src/lab/openai/wire/server_socket.ts";
import { ManualClock } from "../../../support/manual_clock.ts";

Deno.test("ServerSocket ends once on a connection that is closed already", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using _client = await Deno.connect({ port: listener.addr.port });
  const conn = await listener.accept();
  const socket = new ServerSocket(conn, new ManualClock());
  conn.close();
  const ends: SocketEnd[] = [];
  socket.listen(new Uint8Array(0), { onText() {}, onBinary() {}, onEnd: (end) => ends.push(end) });
  await socket.ended;
  socket.cut();
  assert.deepEqual(ends, [{ code: 1006, reason: "", by: "client" }]);
});

Deno.test("ServerSocket pings every 20 seconds until it ends", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using client = await Deno.connect({ port: listener.addr.port });
  const clock = new ManualClock();
  const socket = new ServerSocket(await listener.accept(), clock);
  socket.listen(new Uint8Array(0), { onText() {}, onBinary() {}, onEnd() {} });
  for (let count = 0; count < 2; count++) {
    clock.advance(20_000);
    const frame = new Uint8Array(10);
    assert.equal(await client.read(frame), 2);
    assert.deepEqual([...frame.subarray(0, 2)], [0x89, 0]);
  }
  socket.cut();
  assert.equal(clock.pending, 0);
});
