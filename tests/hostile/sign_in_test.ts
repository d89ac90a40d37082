// Guesses at the operators' token, floods of requests that are logged, and requests that a tunnel passes on to a server that
// verifies nobody: over real sockets, against a process of its own.

import assert from "node:assert/strict";
import { MAX_GUESSES_IN_ALL, MAX_GUESSES_OF_SOURCE } from "../../src/http/guess_limit.ts";
import { OPERATORS_TOKEN } from "../support/serve_process.ts";
import { ServerRig } from "../support/server_rig.ts";

/** Sends all requests on one connection without waiting for answers. Resolves with the statuses of the answers. */
async function pipelined(port: number, requests: readonly string[]): Promise<number[]> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const writer = connection.writable.getWriter();
  const sent = (async () => {
    for (const [index, request] of requests.entries()) {
      const isLast = index === requests.length - 1;
      const text = isLast ? request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n") : request;
      await writer.write(new TextEncoder().encode(text));
    }
  })();
  const answers = await new Response(connection.readable).text();
  await sent;
  return [...answers.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
}

const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");
const times = (count: number, one: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => one(index));
const login = (token: string, ...headers: string[]) => {
  const body = `token=${encodeURIComponent(token)}`;
  return head("POST /dashboard/login", `Content-Length: ${body.length}`, ...headers) + body;
};
const count = (statuses: number[], wanted: number) => statuses.filter((status) => status === wanted).length;

Deno.test("Whoever guesses the operators' token is refused, by every door, and others are not", async () => {
  await using rig = await ServerRig.start();
  const { server, port } = rig;
  const bearer = (token: string, from: string) =>
    head("GET /memory", `Authorization: Bearer ${token}`, `X-Forwarded-For: ${from}`);
  assert.deepEqual(await pipelined(port, [bearer(OPERATORS_TOKEN, "198.51.100.7")]), [200]);
  const guesses = await pipelined(port, times(300, (index) => login(`guess number ${index}`)));
  assert.deepEqual([count(guesses, 401), count(guesses, 429)], [
    MAX_GUESSES_OF_SOURCE,
    300 - MAX_GUESSES_OF_SOURCE,
  ]);
  assert.deepEqual(await pipelined(port, [login(OPERATORS_TOKEN)]), [429], "not even the right one, for now");
  const doors = [
    head("GET /calls", `Authorization: Bearer ${OPERATORS_TOKEN}`),
    head("GET /dashboard", `Authorization: Bearer ${OPERATORS_TOKEN}`),
    head("GET /dashboard/sign-in?code=1"),
  ];
  assert.deepEqual(await pipelined(port, doors), [429, 429, 429]);
  const many = await pipelined(
    port,
    times(300, (index) => bearer("a guess of sixteen", `10.1.${index >> 8}.${index & 255}`)),
  );
  assert.equal(count(many, 401), MAX_GUESSES_IN_ALL);
  assert.deepEqual(await pipelined(port, [bearer(OPERATORS_TOKEN, "198.51.100.7")]), [200]);
  assert.deepEqual(await pipelined(port, [head("GET /healthz")]), [200]);
  assert.match(server.log, /"event":"login_refused"/);
  assert.ok(!server.log.includes(OPERATORS_TOKEN) && !server.log.includes("guess number"));
});

Deno.test("Images and frames of another site's page guess at no sign-in link in the name of whoever looks at it", async () => {
  await using rig = await ServerRig.start();
  const { server, port } = rig;
  // As Chromium 156 sends them: without an Origin.
  const asked = (site: string, mode: string, dest: string) =>
    head(
      "GET /dashboard/sign-in?code=1",
      `Sec-Fetch-Site: ${site}`,
      `Sec-Fetch-Mode: ${mode}`,
      `Sec-Fetch-Dest: ${dest}`,
    );
  const image = asked("cross-site", "no-cors", "image");
  const frame = asked("same-site", "navigate", "iframe");
  const statuses = await pipelined(port, times(60, (index) => index % 2 === 0 ? image : frame));
  assert.equal(count(statuses, 403), 60);
  const operator = head("GET /memory", `Authorization: Bearer ${OPERATORS_TOKEN}`);
  assert.deepEqual(await pipelined(port, [operator]), [200]);
  const link = asked("cross-site", "navigate", "document");
  assert.deepEqual(await pipelined(port, [link, asked("none", "navigate", "document")]), [401, 401], "tried");
  assert.ok(!server.log.includes("login_refused"));
});

Deno.test("A page whose own name leads to the server keeps no operator out who looks at it", async () => {
  await using rig = await ServerRig.start();
  const { port } = rig;
  // By such a name (DNS rebinding, or an address of its own that is this server's) it is the page's own site.
  const guess = login("a guess of sixteen", "Origin: http://evil.example").replace(
    "localhost",
    "evil.example",
  );
  const statuses = await pipelined(port, times(30, () => guess));
  assert.deepEqual([count(statuses, 401), count(statuses, 429)], [MAX_GUESSES_OF_SOURCE, 20]);
  const operator = head("GET /memory", `Authorization: Bearer ${OPERATORS_TOKEN}`);
  assert.deepEqual(await pipelined(port, [operator, login(OPERATORS_TOKEN)]), [200, 303]);
});

Deno.test("Guesses from behind a proxy keep nobody out who asks the server itself, not even just after its start", async () => {
  await using rig = await ServerRig.start();
  const { port } = rig;
  const guess = (index: number) =>
    head(
      "GET /memory",
      "Authorization: Bearer a guess of sixteen",
      `X-Forwarded-For: 203.0.113.${index % 250}`,
    );
  const statuses = await pipelined(port, times(200, guess));
  assert.deepEqual([count(statuses, 401), count(statuses, 429)], [MAX_GUESSES_IN_ALL, 140]);
  const operator = head("GET /metrics", `Authorization: Bearer ${OPERATORS_TOKEN}`);
  assert.deepEqual(await pipelined(port, [operator]), [200]);
});

Deno.test("A flood of refused requests leaves a few lines in the log, and their number", async () => {
  await using rig = await ServerRig.start();
  const { server, port } = rig;
  const before = server.log.length;
  const refused = times(3_000, (index) => head(`POST /voice?x=${index}`, "Content-Length: 0"));
  const statuses = await pipelined(port, [
    ...refused,
    ...times(500, () => head("GET /media/stream", "Upgrade: websocket", "Connection: Upgrade")),
    ...times(500, (index) => login(`guess number ${index}`)),
  ]);
  assert.ok(statuses.length >= 4_000, `${statuses.length}`);
  await server[Symbol.asyncDispose](); // which tells the rest
  const flood = server.log.slice(before);
  assert.ok(flood.length < 32_000, `${flood.length} characters of log:\n${flood.slice(0, 1_000)}`);
  assert.match(flood, /"webhook_refused".*"repeated":29\d\d/);
});

Deno.test("A server that verifies nobody answers nothing that a tunnel or a proxy passes on", async () => {
  await using rig = await ServerRig.start({ flags: ["--insecure"] });
  const { port } = rig;
  const form = `CallSid=CA${"0".repeat(32)}&From=%2B15550100001&To=%2B15550100002`;
  const voice = (target: string, ...headers: string[]) =>
    [
      `POST ${target} HTTP/1.1`,
      ...headers,
      "Content-Type: application/x-www-form-urlencoded",
      `Content-Length: ${form.length}`,
      "",
      form,
    ].join("\r\n");
  const tunnelled = [
    voice("/voice", "Host: evil.example.com"),
    voice("/voice", "Host: 127.0.0.1.evil.example.com"),
    voice("/voice", "Host: localhost", "X-Forwarded-For: 203.0.113.1"),
    voice("/voice", "Host: localhost", "X-Forwarded-Host: tunnel.example.com"),
    voice("/voice", "Host: localhost", "Forwarded: for=203.0.113.1"),
    voice("/voice", "Host: localhost", "Via: 1.1 proxy"),
    voice("/voice", "Host: localhost", "Cf-Connecting-Ip: 203.0.113.1"),
    voice("/voice", "Host: localhost", "Origin: https://page.example.com"),
    voice("http://127.0.0.1/voice", "Host: evil.example.com"),
    voice("http://evil.example.com/voice", "Host: localhost"),
    head("GET /media/stream", "X-Forwarded-For: 203.0.113.1", "Upgrade: websocket"),
  ];
  for (const request of tunnelled) {
    const [status] = await pipelined(port, [request]);
    assert.equal(status, 403, request);
  }
  assert.deepEqual(await pipelined(port, [voice("/voice", "Host: localhost")]), [200]);
});
