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

Deno.test("ProcessMemoryReader reads the pages of files again after ten minutes, or when the resident set has moved by 3 MB", async () => {
  const MB = 1024 * 1024;
  const real = { rss: 60 * MB, anonymous: 20 * MB, nowMs: 0, reads: 0 };
  const reader = new ProcessMemoryReader(() => real.nowMs, {
    usage: () => ({ rss: real.rss, heapTotal: 0, heapUsed: 0, external: 0 }),
    status: [
      () => Promise.reject(new Deno.errors.NotCapable("no way here")),
      () => {
        real.reads++;
        return Promise.resolve(`RssAnon:\t${real.anonymous / 1024} kB\n`);
      },
    ],
  });
  const anonymousAt = async (nowMs: number, change: { rss?: number; anonymous?: number } = {}) => {
    Object.assign(real, { nowMs, ...change });
    return [(await reader.read()).rssAnon! / MB, real.reads];
  };

  assert.deepEqual(await anonymousAt(0), [20, 1]);
  assert.deepEqual(await anonymousAt(1_000, { rss: 62 * MB, anonymous: 22 * MB }), [22, 1]);
  // 30 MB of the program's own pages are reclaimed: they were never anonymous
  assert.deepEqual(await anonymousAt(2_000, { rss: 32 * MB }), [22, 2]);
  assert.deepEqual(await anonymousAt(602_000, { rss: 33 * MB }), [23, 2]);
  assert.deepEqual(await anonymousAt(602_501), [22, 3]);
});
