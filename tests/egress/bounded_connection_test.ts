import assert from "node:assert/strict";
import { GuardedRequests } from "../../src/egress/guarded_requests.ts";
import { ENDLESS_ANSWERS, EndlessEndpoint } from "../support/endless_endpoint.ts";

const MAX_BYTES = 64 * 1024;
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
/** Longer than any of these takes, on a busy machine, too. */
const PATIENCE_MS = 20_000;

const requests = new GuardedRequests({ privateHosts: ["127.0.0.1"] });
const get = (port: number, path = "", maxBytes = MAX_BYTES) =>
  requests.get({
    url: `http://127.0.0.1:${port}/${path}`,
    headers: {},
    signal: AbortSignal.timeout(PATIENCE_MS),
    maxBytes,
  });

Deno.test("GuardedRequests breaks off an answer that goes on without coming to its end, whatever it goes on with", async () => {
  await using endpoint = new EndlessEndpoint();
  for (const name of Object.keys(ENDLESS_ANSWERS)) {
    await assert.rejects(get(endpoint.port, name), (error: Error) => error.name !== "TimeoutError", name);
  }
});

/** Answers one request with `text`, written as fast as it is taken. */
async function answered(text: string, maxBytes?: number) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const got = get(listener.addr.port, "", maxBytes);
  using peer = await listener.accept();
  const writer = peer.writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  const { bytes, isCut } = await got;
  return { length: bytes.length, isCut };
}

Deno.test("GuardedRequests takes what is long, comes word by word, or is announced by early hints, whole", async () => {
  const word = "5\r\nhello\r\n";
  assert.deepEqual(await answered(`${CHUNKED}${word.repeat(2_000)}0\r\n\r\n`), {
    length: 10_000,
    isCut: false,
  });
  const long = 5_000_000;
  const whole = `HTTP/1.1 200 OK\r\nContent-Length: ${long}\r\n\r\n${"x".repeat(long)}`;
  assert.deepEqual(await answered(whole, long), { length: long, isCut: false });
  assert.deepEqual(await answered(whole, long - 1), { length: long - 1, isCut: true });
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n".repeat(10);
  assert.deepEqual(await answered(`${hints}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}`), {
    length: 2,
    isCut: false,
  });
});
