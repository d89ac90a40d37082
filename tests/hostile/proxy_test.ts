import assert from "node:assert/strict";
import { TalkingCaller } from "../../src/lab/load/talking_caller.ts";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { attack, cpuMs, http2Floods } from "../support/http_attacker.ts";
import { ServerRig } from "../support/server_rig.ts";
import { Caddy } from "./caddy.ts";
import { Nginx } from "./nginx.ts";

const OF_EACH_KIND = 60;
/** The calls last longer than nginx waits for anybody who does not speak. */
const CALL_MS = 9_000;

/** Ways to hold a connection without ever having a request answered: what is sent first, and then every half second. */
const KINDS: Readonly<Record<string, readonly [first: string, then: string]>> = {
  silent: ["", ""],
  "a head that never ends": ["POST /voice HTTP/1.1\r\nhost: voice.example.com\r\n", "x"],
  "a body that never comes": [
    "POST /voice HTTP/1.1\r\nhost: voice.example.com\r\ncontent-type: application/x-www-form-urlencoded\r\n" +
    "content-length: 1000\r\n\r\n",
    "",
  ],
};

const UNSIGNED =
  "POST /voice HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 3";

/** Opens a connection of that kind. Resolves with how long it lasted. */
async function hold(port: number, [first, then]: readonly [string, string]): Promise<number> {
  const encoder = new TextEncoder();
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const startMs = performance.now();
  const write = (text: string) => connection.write(encoder.encode(text)).catch(() => {});
  if (first) await write(first);
  const dripping = then ? setInterval(() => void write(then), 500) : undefined;
  const buffer = new Uint8Array(1024);
  try {
    while (await connection.read(buffer) !== null);
  } catch {
    // it was reset
  }
  clearInterval(dripping);
  connection.close();
  return performance.now() - startMs;
}

/** The status of one request, as it is. */
async function statusOf(port: number, head: string, body = ""): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = new TextEncoder().encode(
    `${head}\r\nhost: voice.example.com\r\nconnection: close\r\n\r\n${body}`,
  );
  for (let sent = 0; sent < request.length;) sent += await connection.write(request.subarray(sent));
  const buffer = new Uint8Array(256);
  const length = await connection.read(buffer) ?? 0;
  return Number(new TextDecoder().decode(buffer.subarray(0, length)).split(" ")[1]);
}

/** A proxy of `deploy/`, and where it differs from the other. */
interface Proxy {
  readonly program: typeof Nginx | typeof Caddy;
  readonly file: string;
  readonly hint: string;
  /** The longest of the time-outs that these attackers meet, and some time for a busy machine. */
  readonly goneMs: number;
  /** Its answer to a head of 24 kB. */
  readonly longHead: number;
  /** Its answer to a body of 100 kB. Caddy passes bodies on as they come, and the server refuses this one meanwhile. */
  readonly largeBody: RegExp;
}

const PROXIES: readonly Proxy[] = [
  {
    program: Nginx,
    file: "nginx.conf",
    hint: "apt-get install nginx-light",
    goneMs: 8_000,
    longHead: 400,
    largeBody: /^413$/,
  },
  {
    program: Caddy,
    file: "Caddyfile",
    hint: "apt-get install caddy",
    goneMs: 13_000,
    longHead: 431,
    largeBody: /^(?:413|502)$/,
  },
];

for (const { program, file, hint, goneMs, longHead, largeBody } of PROXIES) {
  const ignore = !program.isInstalled();
  Deno.test({
    name: `deploy/${file} keeps attackers who say nothing, or say it slowly, away from calls${
      ignore ? ` (${hint})` : ""
    }`,
    ignore,
    async fn() {
      await using rig = await ServerRig.start();
      const { clock } = rig;
      await using proxy = await program.start(rig.temp.path, rig.port);
      const { port } = proxy;
      const line = { ...rig.line, server: `http://127.0.0.1:${port}` };
      const untilMs = clock.now() + CALL_MS;
      const talks = Array.from({ length: 5 }, () => new TalkingCaller(line).talk(() => untilMs));
      const attacks = Object.entries(KINDS).map(
        async ([kind, says]) => {
          const lasted = await Promise.all(Array.from({ length: OF_EACH_KIND }, () => hold(port, says)));
          return [kind, Math.max(...lasted)] as const;
        },
      );

      for (const path of ["/", "/dashboard", "/calls", "/metrics", "/memory", "/records", "/readyz"]) {
        assert.equal(await statusOf(port, `GET ${path} HTTP/1.1`), 404, path);
      }
      assert.equal(await statusOf(port, "GET /healthz HTTP/1.1"), 200);
      const named = `${UNSIGNED}\r\nx-request-id: a-stranger`;
      assert.match(String(await statusOf(port, named, "a=b")), /^40[03]$/, "the server refuses it");
      const [{ request }] = rig.logged("webhook_refused");
      assert.match(String(request), /^[0-9a-f-]{32,36}$/, "named by the proxy, not by the stranger");
      assert.equal(await statusOf(port, "GET /media/stream/token HTTP/1.1"), 426, "not an upgrade");
      assert.equal(await statusOf(port, `GET /voice HTTP/1.1\r\nx: ${"x".repeat(24_000)}`), longHead);
      const large =
        "POST /voice HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100000";
      assert.match(String(await statusOf(port, large, "a".repeat(100_000))), largeBody);

      for (const [kind, lastedMs] of await Promise.all(attacks)) {
        assert.ok(lastedMs < goneMs, `${kind} lasted ${lastedMs} ms`);
      }
      for (const { report } of await Promise.all(talks)) {
        assert.deepEqual(callFaults(report), []);
        assert.equal(report.endedBy, "caller");
      }
    },
  });
}

/** How often each is sent: enough for the kernel's clock of 10 ms. */
const TIMES = 40;
const ROUNDS = 3;
const MOST_MS = 5;

const chunked = (chunks: string, head = "POST /voice") =>
  `${head} HTTP/1.1\r\nhost: voice.example.com\r\nconnection: close\r\ntransfer-encoding: chunked\r\n` +
  `x-twilio-signature: ${"A".repeat(27)}=\r\n\r\n${chunks}\r\n`;

/** What costs the runtime. */
const COSTLY: Readonly<Record<string, string | Uint8Array>> = {
  ...Object.fromEntries(
    Object.entries(http2Floods(10_000)).map(([what, frames]) => [`HTTP/2: 10,000 ${what}`, frames]),
  ),
  "a body in 10,000 chunks": chunked(`${"1\r\na\r\n".repeat(10_000)}0\r\n`),
  "a body in 100,000 chunks": chunked(`${"1\r\na\r\n".repeat(100_000)}0\r\n`),
  "a HEAD with 100,000 chunks": chunked(`${"1\r\na\r\n".repeat(100_000)}0\r\n`, "HEAD /healthz"),
  "10,000 trailers": chunked(
    `1\r\na\r\n0\r\n${Array.from({ length: 10_000 }, (_, i) => `x${i}: y\r\n`).join("")}`,
  ),
};

for (const { program, file, hint } of PROXIES) {
  const ignore = !program.isInstalled();
  Deno.test({
    name: `deploy/${file} keeps away what costs the server's runtime${ignore ? ` (${hint})` : ""}`,
    ignore,
    async fn() {
      await using rig = await ServerRig.start();
      await using proxy = await program.start(rig.temp.path, rig.port);
      const { pid } = rig.server;
      const costs: Record<string, string> = {};
      for (const [what, request] of Object.entries(COSTLY)) {
        const statuses = new Set<number>();
        let ms = Infinity;
        // Other work on the machine makes the same instructions dearer, and the proxy's pieces smaller.
        for (let round = 0; round < ROUNDS && ms > MOST_MS; round++) {
          const startMs = await cpuMs(pid);
          for (let sent = 0; sent < TIMES; sent++) statuses.add((await attack(proxy.port, request)).status);
          ms = Math.min(ms, (await cpuMs(pid) - startMs) / TIMES);
        }
        costs[what] = `${ms} ms, ${[...statuses]}`;
        assert.ok(ms <= MOST_MS, `${what}: ${ms} ms`);
        assert.ok(
          [...statuses].every((status) => status === 0 || status >= 400),
          `${what}: ${[...statuses]}`,
        );
      }
      if (Deno.args.includes("--show")) console.table(costs);
    },
  });
}
