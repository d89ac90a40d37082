import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { HttpToolSettings } from "../../../src/businesses/business.ts";
import { httpTool, MAX_ANSWER_BYTES } from "../../../src/call/tools/http_tool.ts";
import { ToolRunner } from "../../../src/call/tools/tool_runner.ts";
import { FakeCallControl } from "../../support/fake_call_control.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { functionCall, toolContext } from "./tool_bench.ts";
import { LOOPBACK_REQUESTS } from "../../support/loopback_requests.ts";

/** A server on loopback for one test. */
function serve(handler: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  return { url: `http://127.0.0.1:${server.addr.port}/tool`, [Symbol.asyncDispose]: () => server.shutdown() };
}

function run(settings: Partial<HttpToolSettings>, args = {}, signal?: AbortSignal): Promise<unknown> {
  const defaults = {
    name: "look_up",
    description: "Looks up.",
    parameters: { type: "object" as const },
    url: "",
    headers: {},
    signingSecret: undefined,
    timeoutMs: 1_000,
  };
  const tool = httpTool({ ...defaults, ...settings }, new ManualClock(), LOOPBACK_REQUESTS);
  return tool.run(args, toolContext(new FakeCallControl(), signal)).then((result) => result.output);
}

Deno.test("httpTool posts arguments and call, signed, with the headers of the business", async () => {
  let seen: { method: string; headers: Headers; body: string } | undefined;
  await using server = serve(async (request) => {
    seen = { method: request.method, headers: request.headers, body: await request.text() };
    return Response.json({ status: "shipped" });
  });
  const headers = { authorization: "Bearer t", "X-Slimline-Signature": "forged" };
  const output = await run({ url: server.url, headers, signingSecret: "s3cret" }, { id: "42" });
  assert.deepEqual(output, { status: "shipped" });
  assert.equal(seen?.method, "POST");
  assert.equal(seen.headers.get("content-type"), "application/json");
  assert.equal(seen.headers.get("authorization"), "Bearer t");
  assert.deepEqual(JSON.parse(seen.body), {
    arguments: { id: "42" },
    call: { sid: "CA1", business: "dentist", from: "+15550100", to: "+15550199" },
  });
  const timestamp = seen.headers.get("x-slimline-timestamp");
  assert.equal(timestamp, String(Date.UTC(2026, 0, 1) / 1000));
  // The other end's own way to compute it.
  const expected = createHmac("sha256", "s3cret").update(`${timestamp}.${seen.body}`).digest("hex");
  assert.equal(seen.headers.get("x-slimline-signature"), `v1=${expected}`);
});

Deno.test("httpTool without a secret sends no signature", async () => {
  let headers = new Headers();
  await using server = serve((request) => {
    headers = request.headers;
    return new Response("ok");
  });
  assert.equal(await run({ url: server.url }), "ok");
  assert.equal(headers.get("x-slimline-signature"), null);
  assert.equal(headers.get("x-slimline-timestamp"), null);
});

Deno.test("httpTool takes an empty answer for empty text", async () => {
  await using server = serve(() => new Response(null, { status: 204 }));
  assert.equal(await run({ url: server.url }), "");
});

Deno.test("httpTool follows no redirect", async () => {
  const paths: string[] = [];
  await using server = serve((request) => {
    paths.push(new URL(request.url).pathname);
    return new Response(null, { status: 307, headers: { location: "/elsewhere" } });
  });
  await assert.rejects(run({ url: server.url }), { code: "tool_http_status" });
  assert.deepEqual(paths, ["/tool"]);
});

Deno.test("httpTool tells status and a short body of a refusal", async () => {
  await using server = serve(() => new Response("No such order. " + "x".repeat(1_000), { status: 404 }));
  await assert.rejects(run({ url: server.url }), (error: Error) => {
    assert.match(
      error.message,
      /^The service behind this tool answered with status 404: No such order\. x+…$/,
    );
    assert.ok(error.message.length < 400);
    return true;
  });
});

Deno.test("httpTool does not tell where an unreachable service lives", async () => {
  await using closed = serve(() => new Response());
  const { url } = closed;
  await closed[Symbol.asyncDispose]();
  const message = "The service behind this tool could not be reached.";
  await assert.rejects(run({ url }), { code: "tool_http_unreachable", message });
});

Deno.test("httpTool reads only the beginning of a huge answer", async () => {
  let sentBytes = 0;
  const chunk = new TextEncoder().encode("é".repeat(5_000));
  await using server = serve(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sentBytes += chunk.length;
          controller.enqueue(chunk);
        },
      }),
    )
  );
  const output = await run({ url: server.url }) as { text: string; note: string };
  assert.equal(output.text.length, MAX_ANSWER_BYTES / 2);
  assert.match(output.note, /first 65536 bytes/);
  assert.ok(sentBytes < 100 * MAX_ANSWER_BYTES, "the connection was dropped");
});

Deno.test("httpTool gives a slow service up when the runner's time-out aborts it", async () => {
  const isGone = Promise.withResolvers<void>();
  await using server = serve((request) => {
    request.signal.addEventListener("abort", () => isGone.resolve());
    return isGone.promise.then(() => new Response());
  });
  const clock = new ManualClock();
  const { signal: _, ...context } = toolContext(new FakeCallControl());
  const output = Promise.withResolvers<string>();
  const settings = { name: "look_up", description: "", url: server.url, headers: {}, timeoutMs: 2_000 };
  const tool = httpTool({ ...settings, parameters: { type: "object" } }, clock, LOOPBACK_REQUESTS);
  using runner = new ToolRunner([tool], context, clock, { fillerAfterMs: 500 }, {
    onBegan() {},
    onOutput: (_call, text) => output.resolve(text),
    onSettled() {},
    onSlow() {},
    onFinished() {},
  });
  runner.start(functionCall("look_up"));
  await new Promise((resolve) => setTimeout(resolve, 50)); // the request is on its way
  clock.advance(2_000);
  assert.match(await output.promise, /did not answer in time/);
  await isGone.promise;
});
