import assert from "node:assert/strict";
import { placeSampleCall, type SampleRequest, sampleRequest } from "../../support/sample_calls.ts";
import VECTORS from "../../fixtures/twilio_middleware.json" with { type: "json" };

/** The requests of the sample call, as a server gets them. */
async function requestsOf(authToken: string, isLetIn: boolean): Promise<SampleRequest[]> {
  const seen: SampleRequest[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const form = Object.fromEntries(new URLSearchParams(await request.text()));
    seen.push(sampleRequest(request.method, pathname + search, Object.fromEntries(request.headers), form));
    if (!isLetIn) return new Response(null, { status: 403 });
    if (pathname === "/moved") {
      return new Response(null, { status: 302, headers: { location: "/voice?from=moved" } });
    }
    if (pathname === "/status") return new Response(null, { status: 204 });
    return new Response("<Response><Hangup/></Response>", { headers: { "content-type": "text/xml" } });
  });
  await placeSampleCall(`http://127.0.0.1:${server.addr.port}`, authToken);
  return seen;
}

Deno.test("Twilio's own middleware lets a simulated caller's requests in, and none that are signed otherwise", async () => {
  const { token, requests } = VECTORS;
  const wanted = (isLetIn: boolean) =>
    requests.filter((request) => request.isLetIn === isLetIn).map(({ isLetIn: _, ...request }) => request);
  assert.deepEqual(wanted(true).map(({ method, target }) => `${method} ${target.split("&")[0]}`), [
    "POST /moved",
    "GET /voice?from=moved",
    "POST /status?of=call",
  ]);
  assert.deepEqual(await requestsOf(token, true), wanted(true));
  assert.ok(wanted(false).length > 0);
  assert.deepEqual(await requestsOf("another", false), wanted(false));
});
