import assert from "node:assert/strict";
import { parseRssAnon, ProcessMemoryReader } from "../../src/telemetry/process_memory.ts";

const STATUS = `Name:\tdeno
VmRSS:\t   70124 kB
RssAnon:\t   31240 kB
RssFile:\t   38884 kB
`;

Deno.test("parseRssAnon() reads bytes out of the process's status", () => {
  assert.equal(parseRssAnon(STATUS), 31_240 * 1024);
});

Deno.test("parseRssAnon() refuses a status without the line", () => {
  for (const status of ["", STATUS.replace("RssAnon", "RssAnonymous"), STATUS.replace("31240", "many")]) {
    assert.throws(() => parseRssAnon(status), SyntaxError);
  }
});

Deno.test({
  name: "ProcessMemoryReader tells the resident set without any permission, and gives a young reading again",
  permissions: "none",
  async fn() {
    const reader = new ProcessMemoryReader();
    const first = reader.read();
    assert.equal(reader.read(), first);
    const { rss, heapUsed, rssAnon } = await first;
    assert.ok(rss > 10e6 && heapUsed > 1e6);
    assert.equal(rssAnon, undefined);
  },
});
