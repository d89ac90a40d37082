import assert from "node:assert/strict";
import { jsonResponse, router, textResponse } from "../../src/http/router.ts";
import { RecordingLog } from "../support/recording_log.ts";

function rig() {
  const log = new RecordingLog();
  const handle = router({
    "GET /healthz": () => textResponse(200, "fine"),
    "GET /voice": () => textResponse(200, "read"),
    "POST /voice": (request, peer) => textResponse(200, `${request.method} by ${peer}`),
    "GET /broken": () => {
      throw new Error("with details");
    },
    "GET /rejected": () => Promise.reject(new Error("later")),
  }, log);
  const ask = async (method: string, path: string) => {
    const response = await handle(new Request(`http://host.test${path}`, { method }), "203.0.113.1");
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  return { log, ask };
}

Deno.test("router() finds a handler by exact method and path, whatever the query", async () => {
  const { ask } = rig();
  assert.equal((await ask("POST", "/voice?x=1")).body, "POST by 203.0.113.1\n");
  assert.equal((await ask("GET", "/voice")).body, "read\n");
});

Deno.test("router() answers 404 for a path that it does not know", async () => {
  const { ask } = rig();
  for (const path of ["/", "/healthz/", "/voice/x", "/__proto__"]) {
    assert.equal((await ask("GET", path)).status, 404);
  }
});

Deno.test("router() answers 405 for another method, and names those that there are", async () => {
  const { ask } = rig();
  const answer = await ask("DELETE", "/voice");
  assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "GET, POST"]);
});

for (const path of ["/broken", "/rejected"]) {
  Deno.test(`router() turns what ${path} throws into a logged 500 without details`, async () => {
    const { ask, log } = rig();
    const answer = await ask("GET", path);
    assert.deepEqual([answer.status, answer.body], [500, "Internal error.\n"]);
    assert.deepEqual(log.names, ["request_failed"]);
    assert.equal(log.events[0].attributes.path, path);
  });
}

Deno.test("jsonResponse() makes an answer that nobody may cache", async () => {
  const response = jsonResponse(503, { status: "full" });
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.deepEqual(await response.json(), { status: "full" });
});
