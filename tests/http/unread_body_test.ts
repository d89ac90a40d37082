import assert from "node:assert/strict";
import { listen } from "../../src/http/listen.ts";
import { type Handler, textResponse } from "../../src/http/router.ts";
import { attack, requestText } from "../support/http_attacker.ts";

const MEGABYTE = 2 ** 20;
const CHUNKED = "Transfer-Encoding: chunked";

async function answered(handle: Handler, request: string): Promise<{ status: number; text: string }> {
  const listener = listen(handle, "127.0.0.1", 0);
  try {
    return await attack(listener.port, request);
  } finally {
    await listener.stop();
  }
}

const refuse: Handler = () => textResponse(404, "Not found.");
const readSome: Handler = async (request) => {
  const reader = request.body!.getReader();
  await reader.read();
  await reader.cancel();
  return textResponse(413, "Too much.");
};

for (
  const [what, handle, words] of [
    ["nobody reads", refuse, /^HTTP\/1\.1 404 [\s\S]*\r\n\r\nNot found\.\n$/],
    ["is read in part", readSome, /^HTTP\/1\.1 413 [\s\S]*\r\n\r\nToo much\.\n$/],
  ] as const
) {
  Deno.test(`A long body that ${what} does not hold its connection: each word of the answer comes, and then the end`, async () => {
    for (
      const request of [
        requestText("/", { body: "a".repeat(8 * MEGABYTE) }).replace("Connection: close\r\n", ""),
        `POST / HTTP/1.1\r\nHost: x\r\n${CHUNKED}\r\n\r\n` + "1\r\na\r\n".repeat(50_000), // and no end of it
      ]
    ) {
      const { text } = await answered(handle, request);
      assert.match(text, words);
      assert.match(text, /^connection: close\r$/m);
    }
  });
}

Deno.test("A short body that nobody reads, and a long one that is read, leave the connection as it is", async () => {
  const read: Handler = async (request) => textResponse(200, `${(await request.text()).length} bytes`);
  const two = (one: string) => one.replace("Connection: close\r\n", "") + one;
  const short = await answered(refuse, two(requestText("/", { body: "a".repeat(1_000) })));
  assert.equal(short.text.match(/Not found\.\n/g)?.length, 2);
  const long = await answered(read, two(requestText("/", { body: "a".repeat(MEGABYTE) })));
  assert.equal(long.text.match(/1048576 bytes\n/g)?.length, 2);
});

Deno.test("A GET that announces a body of unknown length, as tunnels do, is answered as ever", async () => {
  const get = `GET / HTTP/1.1\r\nHost: x\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`;
  const { text } = await answered(refuse, get + get.replace("\r\nHost", "\r\nConnection: close\r\nHost"));
  assert.equal(text.match(/Not found\.\n/g)?.length, 2);
});
