import assert from "node:assert/strict";
import { listen } from "../../src/http/listen.ts";
import { type Handler, router, textResponse } from "../../src/http/router.ts";
import { attack, requestText } from "../support/http_attacker.ts";
import { RecordingLog } from "../support/recording_log.ts";

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

Deno.test("A GET that announces a body of unknown length is refused, and the connection ends with the answer", async () => {
  const handle = router({ "GET /": () => textResponse(200, "Here.") }, new RecordingLog());
  const get = `GET / HTTP/1.1\r\nHost: x\r\n${CHUNKED}\r\n\r\n`;
  for (const body of ["0\r\n\r\n", "1\r\na\r\n".repeat(50_000)]) {
    const { text } = await answered(handle, get + body);
    assert.match(text, /^HTTP\/1\.1 400 [\s\S]*\r\n\r\nA GET has no body here\.\n$/);
  }
});
