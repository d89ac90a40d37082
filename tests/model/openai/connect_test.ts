import assert from "node:assert/strict";
import { type openSocket, OpenSockets } from "../../../src/model/openai/connect.ts";

const ENDPOINT = { url: "wss://api.test/v1/realtime", apiKey: "sk-test", model: "gpt-realtime-2.1" };

/** A fresh copy of the module, which remembers what the runtime can do. */
async function freshOpenSocket(copy: string): Promise<typeof openSocket> {
  return (await import(`../../../src/model/openai/connect.ts?${copy}`)).openSocket;
}

/** Runs `test` with a `WebSocket` that only notes how it was made, or throws where `refuses` says so. */
async function withWebSocket(
  refuses: (options: unknown) => Error | undefined,
  test: (made: [url: string, options: unknown][]) => void | Promise<void>,
): Promise<void> {
  const original = globalThis.WebSocket;
  const made: [string, unknown][] = [];
  class NotingWebSocket {
    constructor(url: URL, options: unknown) {
      const refusal = refuses(options);
      if (refusal) throw refusal;
      made.push([url.href, options]);
    }
  }
  Object.assign(globalThis, { WebSocket: NotingWebSocket });
  try {
    await test(made);
  } finally {
    globalThis.WebSocket = original;
  }
}

Deno.test("openSocket() sends the key in a header, and no beta header", async () => {
  const openSocket = await freshOpenSocket("headers");
  await withWebSocket(() => undefined, (made) => {
    openSocket({ ...ENDPOINT, safetyId: "hash" });
    assert.deepEqual(made, [["wss://api.test/v1/realtime?model=gpt-realtime-2.1", {
      headers: { authorization: "Bearer sk-test", "openai-safety-identifier": "hash" },
    }]]);
  });
});

Deno.test("openSocket() sends the key as a sub-protocol where headers cannot be set", async () => {
  const openSocket = await freshOpenSocket("fallback");
  let refusals = 0;
  const oldRuntime = (options: unknown) => {
    if (Array.isArray(options)) return undefined;
    refusals++;
    return new SyntaxError("[object Object] is not a protocol");
  };
  await withWebSocket(oldRuntime, (made) => {
    openSocket(ENDPOINT);
    openSocket(ENDPOINT);
    const wanted = [
      "wss://api.test/v1/realtime?model=gpt-realtime-2.1",
      ["realtime", "openai-insecure-api-key.sk-test"],
    ];
    assert.deepEqual(made, [wanted, wanted]);
    assert.equal(refusals, 1, "the runtime is asked only once");
  });
});

Deno.test("openSocket() does not take a missing permission for a missing feature", async () => {
  const openSocket = await freshOpenSocket("permission");
  const refusal = new Deno.errors.NotCapable("Requires net access");
  await withWebSocket(() => refusal, () => {
    assert.throws(() => openSocket(ENDPOINT), (error) => error === refusal);
  });
});

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

Deno.test("OpenSockets counts a socket as lingering five seconds after it was closed, until it is gone", () => {
  let nowMs = 0;
  const sockets = new OpenSockets(() => nowMs);
  let closed = 0;
  const socket = sockets.add(Object.assign(new EventTarget(), { close: () => void closed++ }));
  nowMs = 60_000;
  assert.equal(sockets.lingering, 0, "it is in use");
  socket.close();
  nowMs += 4_999;
  assert.equal(sockets.lingering, 0);
  socket.close(); // again: of no matter
  nowMs += 1;
  assert.equal(sockets.lingering, 1);
  assert.equal(closed, 2);
  socket.dispatchEvent(new Event("close"));
  socket.close();
  nowMs += 10_000;
  assert.deepEqual([sockets.lingering, sockets.count], [0, 0]);
});
