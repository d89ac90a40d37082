import assert from "node:assert/strict";
import { memoryText } from "../../../src/lab/call/memory_reading.ts";

const MIB = 2 ** 20;

Deno.test("memoryText() says nothing of anonymous memory where the server does not read it", () => {
  assert.equal(
    memoryText({ rss: 105.4 * MIB, rssAnon: null, activeCalls: 0 }),
    "105.4 MiB resident, 0 calls",
  );
  assert.equal(memoryText({ rss: MIB }), "1.0 MiB resident");
});

Deno.test("memoryText() names anonymous memory and the calls", () => {
  const text = memoryText({ rss: 80 * MIB, rssAnon: 31 * MIB, activeCalls: 2 });
  assert.equal(text, "80.0 MiB resident, 31.0 MiB of it anonymous, 2 calls");
  assert.match(memoryText({ rss: MIB, activeCalls: 1 }), /, 1 call$/);
});

Deno.test("memoryText() says why there is no figure", () => {
  assert.equal(memoryText({ unreachable: "HTTP 401" }), "not reachable (HTTP 401)");
});
