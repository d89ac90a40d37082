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
  socket.listen(new Uint8Array(0), { onText() {}, onEnd: (end) => ends.push(end) });
  await socket.ended;
  socket.cut();
  assert.deepEqual(ends, [{ code: 1006, reason: "", by: "client" }]);
});
