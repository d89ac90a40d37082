import assert from "node:assert/strict";
import { attack, cpuMs, requestText } from "../support/http_attacker.ts";
import { ServeProcess } from "../support/serve_process.ts";
import { TempFolder } from "../support/temp_folder.ts";

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
const chunked = (target: string, chunks: string) =>
  [
    `POST ${target} HTTP/1.1`,
    "Host: voice.test",
    "Connection: close",
    MADE_UP,
    FORM,
    "Transfer-Encoding: chunked",
  ]
    .join("\r\n") + `\r\n\r\n${chunks}0\r\n\r\n`;

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

/** Requests that cost nothing but a connection, against which the others are held. */
const CHEAP = requestText("/healthz", { method: "GET" });

Deno.test("no request of a stranger costs the server more than 5 ms, however it is made", async () => {
  using folder = new TempFolder();
  const { server, port } = await ServeProcess.start({
    folder: folder.path,
    env: {
      PUBLIC_URL: "https://voice.test",
      OPENAI_API_KEY: "sk-test",
      TWILIO_AUTH_TOKEN: "a test's auth token",
      ADMIN_TOKEN: "a test's admin token",
      DATA_DIR: folder.path,
    },
  });
  await using _ = server;
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
