import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { BusinessDirectory } from "../../src/businesses/directory.ts";
import { NO_PEERS } from "../../src/cluster/peer_instances.ts";
import { healthz, readyz } from "../../src/http/operator_handlers.ts";
import { onceBusinessesAreRead } from "../../src/http/operator_handlers.ts";
import { textResponse } from "../../src/http/router.ts";
import { Admission } from "../../src/admission/admission.ts";

const FAR = "203.0.113.1";
const READ = new BusinessDirectory();

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
