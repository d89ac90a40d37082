import assert from "node:assert/strict";
import { parseRssAnon, ProcessMemoryReader } from "../../src/observability/process_memory.ts";

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

Deno.test("ProcessMemoryReader tells anonymous memory where the status can be read, and asks no more where it cannot", async () => {
  const sources = { nowMs: 0, reads: 0, canRead: true };
  const reader = new ProcessMemoryReader(() => sources.nowMs, {
    usage: () => ({ rss: 60, heapTotal: 0, heapUsed: 0, external: 0 }),
    status: () => {
      sources.reads++;
      return sources.canRead ? Promise.resolve(STATUS) : Promise.reject(new Deno.errors.NotCapable("all"));
    },
  });
  assert.equal((await reader.read()).rssAnon, 31_240 * 1024);
  Object.assign(sources, { nowMs: 1_000, canRead: false });
  assert.equal((await reader.read()).rssAnon, undefined);
  Object.assign(sources, { nowMs: 2_000, canRead: true });
  assert.equal((await reader.read()).rssAnon, undefined);
  assert.equal(sources.reads, 2);
});

Deno.test("ProcessMemoryReader asks again after a moment without a descriptor for the status", async () => {
  let nowMs = 0;
  const outcomes = [
    Promise.reject(Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" })),
    Promise.resolve(STATUS),
  ];
  const reader = new ProcessMemoryReader(() => nowMs, {
    usage: () => ({ rss: 60, heapTotal: 0, heapUsed: 0, external: 0 }),
    status: () => outcomes.shift() ?? Promise.resolve(STATUS),
  });
  assert.equal((await reader.read()).rssAnon, undefined);
  nowMs = 1_000;
  assert.equal((await reader.read()).rssAnon, 31_240 * 1024);
});
