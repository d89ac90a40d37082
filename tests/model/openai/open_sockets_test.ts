import assert from "node:assert/strict";
import { OpenSockets } from "../../../src/model/openai/connect.ts";

Deno.test("OpenSockets counts a socket until it is closed, and once though it is told so twice", () => {
  const sockets = new OpenSockets();
  const [first, second] = [new EventTarget(), new EventTarget()];
  assert.equal(sockets.add(first), first);
  sockets.add(second);
  first.dispatchEvent(new Event("error"));
  assert.equal(sockets.count, 2);
  first.dispatchEvent(new Event("close"));
  first.dispatchEvent(new Event("close"));
  assert.equal(sockets.count, 1);
});

Deno.test("OpenSockets sees a connection end that never came about", async () => {
  const sockets = new OpenSockets();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const socket = sockets.add(new WebSocket(`ws://127.0.0.1:${port}`));
  assert.equal(sockets.count, 1);
  await new Promise((resolve) => socket.addEventListener("close", resolve));
  assert.equal(sockets.count, 0);
});
