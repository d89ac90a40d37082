import assert from "node:assert/strict";
import { attack, cpuMs, http2Floods, requestText, UPGRADE } from "../support/http_attacker.ts";
import { ServerRig } from "../support/server_rig.ts";
import { StallWatch } from "../support/stall_watch.ts";

/** The event loop may stand still this long for a stranger's request: less than a frame of audio. */
const MOST_MS = 5;
/** How often each is sent: enough for the kernel's clock of 10 ms. */
const TIMES = 60;
const AT_ONCE = 4;

/** Of a signature's form, and made with no token. */
const MADE_UP = `X-Twilio-Signature: ${"A".repeat(27)}=`;
const FORM = "Content-Type: application/x-www-form-urlencoded";
const JSON_TYPE = "Content-Type: application/json";

const webhook = (body: string, target = "/voice") => requestText(target, { headers: [MADE_UP, FORM], body });
const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join("&");

/** The body in chunks, each as it is written on the wire. */
const chunked = (target: string, chunks: string, method = "POST") =>
  [
    `${method} ${target} HTTP/1.1`,
    "Host: voice.test",
    "Connection: close",
    MADE_UP,
    FORM,
    "Transfer-Encoding: chunked",
  ]
    .join("\r\n") + `\r\n\r\n${chunks}0\r\n\r\n`;

/** Six megabytes. */
const CRUMBS = "1\r\na\r\n".repeat(1_000_000);

/** Requests of strangers that are made to be costly. */
const ATTACKS: Record<string, string> = {
  "15,000 names of parameters": webhook(many(15_000, (index) => index.toString(36))),
  "as many parameters as are looked at": webhook(many(256, (index) => `${index}=${"x".repeat(100)}`)),
  "one name 15,000 times": webhook(many(15_000, () => "a=b")),
  "one parameter of 64 kB": webhook(`a=${"b".repeat(65_000)}`),
  "one parameter as long as is looked at": webhook(`a=${"b".repeat(16_384)}&b=${"b".repeat(16_000)}`),
  "nothing but percent signs": webhook("%".repeat(32_000)),
  "bytes that are no UTF-8": webhook("%ff%fe%C0%80".repeat(2_700)),
  "nothing but ampersands": webhook("&".repeat(32_000)),
  "characters of four bytes": webhook(`a=${"%F0%9F%98%80".repeat(2_700)}`),
  "a query of 60 kB": webhook("", `/voice?${many(15_000, (index) => index.toString(36))}`),
  "a query as long as is looked at": webhook(
    "",
    `/voice?${many(2_000, (index) => index.toString(36)).slice(0, 8_000)}`,
  ),
  "a digest of the body": webhook(
    JSON.stringify({ a: "b".repeat(32_000) }),
    `/voice?bodySHA256=${"0".repeat(64)}`,
  ),
  "JSON as deep as it gets, with a digest": requestText(`/voice?bodySHA256=${"0".repeat(64)}`, {
    headers: [MADE_UP, JSON_TYPE],
    body: "[".repeat(32_000),
  }),
  "90 headers of cookies": requestText("/dashboard", {
    method: "GET",
    headers: Array.from({ length: 90 }, () => `Cookie: ${"slimline_operator=1; ;  ".repeat(100)}`),
  }),
  "10,000 headers": requestText("/voice", {
    headers: Array.from({ length: 10_000 }, (_, index) => `Cookie: a${index}=b`),
  }),
  "a signature of 60 kB": requestText("/voice", {
    headers: [`X-Twilio-Signature: ${"A".repeat(60_000)}`],
    body: "a=b",
  }),
  "a made-up stream": requestText(`/media/stream/${"A".repeat(3_000)}`, {
    method: "GET",
    headers: [
      MADE_UP,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ],
  }),
  "1,500 chunks of one byte": chunked("/voice", "1\r\na\r\n".repeat(1_500)),
  "100,000 chunks of one byte": chunked("/voice", "1\r\na\r\n".repeat(100_000)),
  "100,000 chunks for nobody": chunked("/nothing", "1\r\na\r\n".repeat(100_000)),
  "a GET with a million chunks": chunked("/healthz", CRUMBS, "GET"),
  "a GET for nothing with a million chunks": chunked("/nothing", CRUMBS, "GET"),
  "an upgrade with a million chunks": chunked("/media/check", CRUMBS, "GET").replace(
    "Connection: close",
    ["Connection: Upgrade", ...UPGRADE].join("\r\n"),
  ),
  "a GET with 10 MB": requestText("/nothing", { method: "GET", headers: ["Content-Length: 10000000"] }) +
    "a".repeat(1e7),
  "100,000 chunks after as much as is looked at": chunked(
    "/voice",
    `8000\r\n${"a".repeat(32_768)}\r\n${"1\r\na\r\n".repeat(100_000)}`,
  ),
  "3,000 trailers": chunked("/voice", `1\r\na\r\n0\r\n${"a: b\r\n".repeat(3_000)}\r\n`),
  "10 MB for an endpoint that takes no body": requestText("/healthz", { body: "a".repeat(1e7) }),
  "10 MB in chunks of 64 kB for nobody": chunked(
    "/nothing",
    `10000\r\n${"a".repeat(65_536)}\r\n`.repeat(160),
  ),
  "10 MB for a webhook": webhook("a".repeat(1e7)),
  "a sign-in in 1,500 chunks": chunked("/dashboard/login", "1\r\na\r\n".repeat(1_500)),
  "500 chunks with extensions of 1 kB": chunked("/voice", `1;${"x".repeat(1_000)}\r\na\r\n`.repeat(500)),
  "a call to place": requestText("/calls", { headers: [JSON_TYPE], body: "[".repeat(16_000) }),
  "a sign-in of 64 kB": requestText("/dashboard/login", {
    headers: [FORM],
    body: `token=${"a".repeat(65_000)}`,
  }),
  "a sign-in with 2,000 names": requestText("/dashboard/login", {
    headers: [FORM],
    body: many(1_000, (index) => index.toString(36)),
  }),
  "a bearer token of 60 kB": requestText("/metrics", {
    method: "GET",
    headers: [`Authorization: Bearer ${"a b".repeat(20_000)}`],
  }),
  "the record of an endless call": requestText(`/records?call=${"a".repeat(60_000)}`, { method: "GET" }),
};

/** CPU time that a process takes while something goes on. */
async function cpuOf(pid: number, meanwhile: () => Promise<unknown>): Promise<number> {
  const startMs = await cpuMs(pid);
  await meanwhile();
  return await cpuMs(pid) - startMs;
}

/** Requests that cost nothing but a connection, against which the others are held. */
const CHEAP = requestText("/healthz", { method: "GET" });

Deno.test("no request of a stranger costs the server more than 5 ms, however it is made", async () => {
  await using rig = await ServerRig.start();
  const { server, port } = rig;
  const costMs = async (request: string) => {
    const statuses = new Set<number>();
    const startMs = await cpuMs(server.pid);
    for (let sent = 0; sent < TIMES; sent += AT_ONCE) {
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => attack(port, request)));
      for (const { status } of answers) statuses.add(status);
    }
    return { ms: (await cpuMs(server.pid) - startMs) / TIMES, statuses: [...statuses] };
  };
  await costMs(CHEAP); // the compiler's share
  const costs: Record<string, string> = {};
  const tooMuch: string[] = [];
  for (const [what, request] of Object.entries(ATTACKS)) {
    await attack(port, request);
    const { ms, statuses } = await costMs(request);
    costs[what] = `${ms.toFixed(2)} ms, ${statuses}`;
    if (ms > MOST_MS) tooMuch.push(`${what}: ${ms} ms`);
    assert.ok(
      statuses.every((status) => status === 0 || (status >= 400 && status < 500)),
      `${what}: ${statuses}`,
    );
  }
  if (Deno.args.includes("--show")) console.table(costs);
  assert.deepEqual(tooMuch, []);
});

/** By when a body that does not come to its end is answered. */
const ANSWERED_MS = 7_000;

Deno.test("a stranger's request with more trailers than the runtime reads is answered, and costs no more than waiting", async () => {
  await using rig = await ServerRig.start();
  const { server, port } = rig;
  await attack(port, CHEAP);
  const trailers = Array.from({ length: 10_000 }, (_, index) => `x${index}: y\r\n`).join("");
  const request = chunked("/voice", `1\r\na\r\n0\r\n${trailers}\r\n`);
  const idleMs = await cpuOf(server.pid, () => new Promise((resolve) => setTimeout(resolve, 5_000)));
  const requests = 20;
  using stalls = new StallWatch(rig.clock);
  const startMs = rig.clock.now();
  const ms = await cpuOf(server.pid, async () => {
    const answers = await Promise.all(Array.from({ length: requests }, () => attack(port, request)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [408]);
  });
  const tookMs = rig.clock.now() - startMs - stalls.sumBetween(startMs, Infinity);
  assert.ok(tookMs < ANSWERED_MS, `${tookMs} ms`);
  assert.ok(ms - idleMs < requests * MOST_MS, `${ms} ms, and ${idleMs} ms without`);
});

const FRAMES = 10_000;
/** What the runtime takes for one, on a slow machine. */
const MAX_FRAME_US = 10;
/** What it takes to throw away a megabyte of a body that it shows nobody, on a slow machine. */
const MAX_MEGABYTE_MS = 20;

/** What no code of ours sees: what is sent, and what it may cost. */
const RUNTIMES: Readonly<Record<string, readonly [request: Uint8Array | string, maxMs: number]>> = {
  ...Object.fromEntries(
    Object.entries(http2Floods(FRAMES)).map(
      ([what, frames]) => [`HTTP/2: ${FRAMES} ${what}`, [frames, FRAMES * MAX_FRAME_US / 1_000]],
    ),
  ),
  "a HEAD with a million chunks": [chunked("/healthz", CRUMBS, "HEAD"), 6 * MAX_MEGABYTE_MS],
};

Deno.test("what the runtime does before any code of ours costs what the page of operations says", async () => {
  await using rig = await ServerRig.start();
  const { server, port } = rig;
  const times = 10;
  const costs: Record<string, string> = {};
  for (const [what, [request, maxMs]] of Object.entries(RUNTIMES)) {
    await attack(port, request);
    const ms = await cpuOf(server.pid, async () => {
      for (let sent = 0; sent < times; sent++) await attack(port, request);
    }) / times;
    costs[what] = `${ms} ms`;
    assert.ok(ms <= maxMs, `${what}: ${ms} ms`);
  }
  if (Deno.args.includes("--show")) console.table(costs);
});
