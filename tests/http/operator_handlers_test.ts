import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { BusinessDirectory } from "../../src/businesses/directory.ts";
import { NO_PEERS } from "../../src/cluster/peer_instances.ts";
import { healthz, readyz } from "../../src/http/operator_handlers.ts";
import { forOperators } from "../../src/http/operators.ts";
import { onceBusinessesAreRead } from "../../src/http/operator_handlers.ts";
import { textResponse } from "../../src/http/router.ts";
import { Admission } from "../../src/admission/admission.ts";

const TOKEN = "a long random string";
const FAR = "203.0.113.1";
const READ = new BusinessDirectory();

async function statusOf(
  adminToken: string | undefined,
  peer: string,
  headers: Record<string, string> = {},
  host = "127.0.0.1:8080",
): Promise<number> {
  const handler = forOperators(adminToken, () => textResponse(200, "secrets"));
  return (await handler(new Request(`http://${host}/memory`, { headers }), peer)).status;
}

Deno.test("forOperators() lets only this machine in while there is no admin token", async () => {
  for (const peer of ["127.0.0.1", "::1"]) assert.equal(await statusOf(undefined, peer), 200, peer);
  assert.equal(await statusOf(undefined, FAR), 403);
  assert.equal(await statusOf(undefined, FAR, { authorization: "Bearer undefined" }), 403);
});

Deno.test("forOperators() takes what a proxy on this machine passed on for what it is", async () => {
  const told = {
    "x-forwarded-for": FAR,
    "forwarded": `for=${FAR}`,
    "x-real-ip": FAR,
    "via": "1.1 proxy",
    "x-forwarded-host": "voice.test",
    "x-forwarded-proto": "https",
  };
  for (const [name, value] of Object.entries(told)) {
    assert.equal(await statusOf(undefined, "127.0.0.1", { [name]: value }), 403, name);
  }
});

Deno.test("forOperators() lets nobody in by another name than this machine's own while there is no admin token", async () => {
  for (const host of ["localhost:8080", "127.0.0.1", "127.0.0.2:80", "[::1]:8080"]) {
    assert.equal(await statusOf(undefined, "127.0.0.1", {}, host), 200, host);
  }
  // What a proxy passes on under its own name, and a page whose name was made to lead here.
  for (const host of ["voice.test", "voice.test:8080", "localhost.voice.test", "127.0.0.1.voice.test"]) {
    assert.equal(await statusOf(undefined, "127.0.0.1", {}, host), 403, host);
  }
});

Deno.test("forOperators() lets in the pages of this machine alone while there is no admin token", async () => {
  for (const origin of ["http://localhost:8080", "http://127.0.0.1:8080"]) {
    assert.equal(await statusOf(undefined, "127.0.0.1", { origin }), 200, origin);
  }
  for (const origin of ["https://page.test", "null", ""]) {
    assert.equal(await statusOf(undefined, "127.0.0.1", { origin }), 403, origin);
  }
});

Deno.test("forOperators() lets in whoever has the admin token, from anywhere", async () => {
  assert.equal(await statusOf(TOKEN, FAR, { authorization: `Bearer ${TOKEN}` }), 200);
  assert.equal(
    await statusOf(TOKEN, "127.0.0.1", { authorization: `Bearer ${TOKEN}`, forwarded: "for=x" }),
    200,
  );
});

Deno.test("forOperators() refuses everybody else once there is an admin token, this machine too", async () => {
  assert.equal(await statusOf(TOKEN, "127.0.0.1"), 401);
  for (
    const authorization of ["", "Bearer", "Bearer ", `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN, "Bearer a"]
  ) {
    assert.equal(await statusOf(TOKEN, FAR, { authorization }), 401, authorization);
  }
});

Deno.test("forOperators() asks for a bearer token", async () => {
  const response = await forOperators(TOKEN, () => textResponse(200, ""))(
    new Request("http://host.test/"),
    FAR,
  );
  assert.equal(response.headers.get("www-authenticate"), "Bearer");
});

Deno.test("readyz() says whether a call would be taken, and why not", async () => {
  const admission = new Admission(1, () => 0);
  const ask = async () => {
    const response = await readyz(admission, NO_PEERS, READ)(new Request("http://host.test/readyz"), FAR);
    return [response.status, (await response.json()).status];
  };
  assert.deepEqual(await ask(), [200, "ready"]);
  admission.reserve("CA1");
  assert.deepEqual(await ask(), [503, "full"]);
  admission.drain();
  assert.deepEqual(await ask(), [503, "draining"]);
});

Deno.test("healthz() says that the process is alive", async () => {
  const response = await healthz()(new Request("http://host.test/healthz"), FAR);
  assert.deepEqual([response.status, await response.json()], [200, { status: "ok" }]);
});

Deno.test("readyz() says that a full process is ready when another has room, and a draining one never", async () => {
  const admission = new Admission(1, () => 0);
  admission.reserve("CA1");
  const isReady = () => Promise.resolve(true);
  const status = async () =>
    (await readyz(admission, { isReady }, READ)(new Request("http://host.test/readyz"), FAR)).status;
  assert.equal(await status(), 200);
  admission.drain();
  assert.equal(await status(), 503);
});

Deno.test("readyz() and what has to do with calls answer 503 until it is known which business answers", async () => {
  const businesses = BusinessDirectory.unread();
  const { "POST /voice": voice } = onceBusinessesAreRead(businesses, {
    "POST /voice": (_request, peer) => textResponse(200, peer),
  });
  const ready = readyz(new Admission(1, () => 0), NO_PEERS, businesses);
  const request = new Request("http://host.test/voice", { method: "POST" });
  for (const handler of [voice, ready]) {
    const response = await handler(request, FAR);
    assert.deepEqual([response.status, await response.json()], [503, { status: "businesses_unread" }]);
  }
  businesses.replace([DEFAULT_BUSINESS]);
  assert.equal(await (await voice(request, FAR)).text(), `${FAR}\n`);
  assert.equal((await ready(request, FAR)).status, 200);
});
