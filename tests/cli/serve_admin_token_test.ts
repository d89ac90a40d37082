import assert from "node:assert/strict";
import { dial } from "../../src/cli/dial.ts";
import { ServerRig } from "../support/server_rig.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** What tunnels, proxies and careless clients send from this machine: none of it may count as an operator. */
const HEADS = [
  "GET /memory HTTP/1.1\r\nHost: 127.0.0.1",
  "GET /memory HTTP/1.1\r\nHost: localhost",
  "GET http://127.0.0.1/memory HTTP/1.1\r\nHost: voice.example.com",
  "GET http://localhost/calls HTTP/1.1\r\nHost: localhost",
  "GET /records?call=CA1 HTTP/1.1\r\nHost: localhost\r\nX-Original-Host: voice.example.com",
  "GET /dashboard HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost",
  "GET /dashboard/events HTTP/1.1\r\nHost: localhost\r\nCf-Connecting-Ip: 127.0.0.1",
  "POST /calls HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 0",
  "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer undefined",
  "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer",
  "GET /dashboard HTTP/1.1\r\nHost: localhost\r\nCookie: slimline_operator=",
];

async function statusOf(head: string, port: number): Promise<number> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${head}\r\nConnection: close\r\n\r\n`));
  const answer = await new Response(connection.readable).text();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}

Deno.test("slimline serve without ADMIN_TOKEN makes one, opens nothing by address, and prints a link that works once", async () => {
  await using rig = await ServerRig.start({ env: { ADMIN_TOKEN: "" } });
  const { server, port } = rig;
  for (const head of HEADS) assert.equal(await statusOf(head, port), 401, head);
  assert.equal(await statusOf("GET /healthz HTTP/1.1\r\nHost: localhost", port), 200);
  assert.equal(await statusOf("GET /readyz HTTP/1.1\r\nHost: localhost", port), 200);

  const file = `${rig.temp.path}/data/admin-token`;
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  const token = (await Deno.readTextFile(file)).trim();
  assert.match(token, /^[0-9a-f]{64}$/);
  const authorization = `Bearer ${token}`;
  const memory = await fetch(`${rig.url}/memory`, { headers: { authorization } });
  await memory.body?.cancel();
  assert.equal(memory.status, 200);

  const links = server.log.match(/http:\/\/localhost:\d+\/dashboard\/sign-in\?code=[0-9a-f]{64}/g);
  assert.equal(links?.length, 1);
  assert.ok(!server.log.includes(token), "the token itself is not printed");
  const follow = async () => {
    const answer = await fetch(links![0].replace("localhost", "127.0.0.1"), { redirect: "manual" });
    await answer.body?.cancel();
    return [answer.status, answer.headers.get("location")];
  };
  assert.deepEqual(await follow(), [303, "/dashboard"]);
  assert.deepEqual(await follow(), [401, null]);
});

Deno.test("slimline dial finds the token that a server on this machine has made", async () => {
  using folder = new TempFolder();
  await Deno.writeTextFile(`${folder.path}/admin-token`, "the token of a server\n");
  const given: (string | null)[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    given.push(request.headers.get("authorization"));
    return Response.json({ problems: [] }, { status: 400 });
  });
  const env = { DATA_DIR: folder.path, PORT: `${server.addr.port}` };
  const original = console.error;
  console.error = () => {};
  try {
    await dial(["--to", "+15550100001"], env);
    await dial(["--to", "+15550100001"], { ...env, ADMIN_TOKEN: "one that is configured" });
  } finally {
    console.error = original;
  }
  assert.deepEqual(given, ["Bearer the token of a server", "Bearer one that is configured"]);
});
