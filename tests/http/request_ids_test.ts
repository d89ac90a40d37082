import assert from "node:assert/strict";
import { MAX_REQUEST_ID_CHARS, requestLog, withRequestIds } from "../../src/http/request_ids.ts";
import { type Handler, router, textResponse } from "../../src/http/router.ts";
import { RecordingLog } from "../support/recording_log.ts";

const MADE = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const URL = "http://127.0.0.1/thing";

/** What a handler logs, and what it answers with, for a request with this `X-Request-Id`. */
async function asked(given?: string, handler: Handler = () => textResponse(200, "good")) {
  const log = new RecordingLog();
  const handle = withRequestIds((request, peer) => {
    requestLog(log, request).info("asked");
    return handler(request, peer);
  });
  const headers = given === undefined ? undefined : { "x-request-id": given };
  const response = await handle(new Request(URL, { headers }), "127.0.0.1");
  const [{ attributes }] = log.events;
  return { response, id: response.headers.get("x-request-id"), logged: attributes.request };
}

Deno.test("a request's id is taken over where it is well formed, and stands in its log lines and its answer", async () => {
  const longest = "a".repeat(MAX_REQUEST_ID_CHARS);
  for (const given of ["7f0c", "1-67891233-abcdef012345", "Root=1-6/+a.b:c_d", longest]) {
    const { id, logged } = await asked(given);
    assert.deepEqual([id, logged], [given, given]);
  }
});

Deno.test("a request's id is made where it is missing, too long or of another form", async () => {
  const seen = new Set<string>();
  const longer = "a".repeat(MAX_REQUEST_ID_CHARS + 1);
  for (const given of [undefined, "", " ", "a b", "a\tb", "-a", 'a"b', "{a}", "é", "a,b", longer]) {
    const { id, logged } = await asked(given);
    assert.match(id!, MADE, given);
    assert.equal(logged, id);
    seen.add(id!);
  }
  assert.equal(seen.size, 11, "each has an id of its own");
});

Deno.test("an answer whose headers cannot change has the id too, and keeps its body", async () => {
  const { response, id } = await asked("abc", () => Response.redirect("http://127.0.0.1/other"));
  assert.equal(id, "abc");
  assert.equal(response.status, 302);
  assert.equal(response.headers.get("location"), "http://127.0.0.1/other");
});

Deno.test("the router names the request whose handler threw, and one without an id has none", async () => {
  const log = new RecordingLog();
  const handle = router({
    "GET /thing": () => {
      throw new Error("broken");
    },
  }, log);
  const response = await withRequestIds(handle)(new Request(URL, { headers: { "x-request-id": "abc" } }), "");
  assert.equal(response.status, 500);
  assert.equal(response.headers.get("x-request-id"), "abc");
  await handle(new Request(URL), "");
  assert.deepEqual(log.events.map(({ attributes }) => attributes.request), ["abc", undefined]);
});
