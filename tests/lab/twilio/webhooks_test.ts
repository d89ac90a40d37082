import assert from "node:assert/strict";
import { ACCOUNT_SID, AUTH_TOKEN } from "./echo_server.ts";
import { SimulatedCaller, type SimulatedCallerOptions } from "../../../src/lab/twilio/simulated_caller.ts";
import type { Line } from "../../../src/lab/twilio/line.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";

interface Seen {
  method: string;
  url: string;
  headers: Headers;
  form: Record<string, string>;
}

/** A server that notes requests as they come, and answers by path. */
function serve(answers: Record<string, (request: Request) => Response>) {
  const seen: Seen[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const form = Object.fromEntries(new URLSearchParams(await request.clone().text()));
    seen.push({ method: request.method, url: request.url, headers: request.headers, form });
    return answers[new URL(request.url).pathname]?.(request) ?? new Response(null, { status: 404 });
  });
  return {
    seen,
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const twiml = (body: string) => () =>
  new Response(`<Response>${body}</Response>`, { headers: { "content-type": "text/xml" } });

function call(server: string, options: Partial<SimulatedCallerOptions> = {}, line: Partial<Line> = {}) {
  return new SimulatedCaller({
    line: {
      clock: new SystemClock(),
      server,
      publicUrl: "https://phone.example.test",
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      ...line,
    },
    ...options,
  });
}

const withoutNumbers = (form: Record<string, string>) =>
  Object.fromEntries(Object.entries(form).filter(([name]) => !/Sid$|Timestamp/.test(name)));

Deno.test("a webhook comes with the public host and what a proxy adds, as Twilio's do behind one", async () => {
  await using server = serve({ "/voice": twiml("<Hangup/>") });
  await call(server.url).place();
  const [{ url, headers }] = server.seen;
  assert.equal(url, "http://phone.example.test/voice");
  assert.equal(headers.get("host"), "phone.example.test");
  assert.equal(headers.get("x-forwarded-host"), "phone.example.test");
  assert.equal(headers.get("x-forwarded-proto"), "https");
  assert.match(headers.get("x-forwarded-for") ?? "", /^\d+(\.\d+){3}$/);
  assert.equal(headers.get("user-agent"), "TwilioProxy/1.1");
  assert.equal(headers.get("content-type"), "application/x-www-form-urlencoded; charset=UTF-8");
  assert.ok(headers.has("x-twilio-signature"));
});

Deno.test("without a token a webhook is not signed, and comes directly", async () => {
  await using server = serve({ "/voice": twiml("<Hangup/>") });
  await call(server.url, {}, { authToken: undefined }).place();
  const [{ headers }] = server.seen;
  assert.equal(headers.get("host"), new URL(server.url).host);
  assert.ok(![...headers.keys()].some((name) => /signature|forwarded/.test(name)));
});

Deno.test("a webhook has Twilio's own fields", async () => {
  await using server = serve({ "/voice": twiml("<Hangup/>") });
  await call(server.url, { from: "+442071838750", to: "+15550100000", forwardedFrom: "+15550100009" })
    .place();
  assert.deepEqual(withoutNumbers(server.seen[0].form), {
    ApiVersion: "2010-04-01",
    CallStatus: "ringing",
    Called: "+15550100000",
    CalledCity: "SPRINGFIELD",
    CalledCountry: "US",
    CalledState: "IL",
    CalledVia: "+15550100009",
    CalledZip: "62701",
    Caller: "+442071838750",
    CallerCity: "",
    CallerCountry: "GB",
    CallerState: "",
    CallerZip: "",
    Direction: "inbound",
    ForwardedFrom: "+15550100009",
    From: "+442071838750",
    FromCity: "",
    FromCountry: "GB",
    FromState: "",
    FromZip: "",
    To: "+15550100000",
    ToCity: "SPRINGFIELD",
    ToCountry: "US",
    ToState: "IL",
    ToZip: "62701",
  });
});

Deno.test("HTTP redirects are followed: 307 with the form, 302 with GET and the form in the query", async () => {
  const to = (status: number, location: string) => () =>
    new Response(null, { status, headers: { location } });
  await using server = serve({
    "/voice": to(307, "/second"),
    "/second": to(302, "https://phone.example.test/third?a=1"),
    "/third": twiml("<Say>Here</Say>"),
  });
  const report = await call(server.url).place();
  assert.deepEqual([report.said, report.problems], [["Here"], []]);
  const paths = server.seen.map(({ method, url }) => `${method} ${new URL(url).pathname}`);
  assert.deepEqual(paths, ["POST /voice", "POST /second", "GET /third"]);
  assert.equal(server.seen[1].form.CallSid, report.callSid);
  const { searchParams } = new URL(server.seen[2].url);
  assert.deepEqual([searchParams.get("a"), searchParams.get("CallSid")], ["1", report.callSid]);
});

Deno.test("redirects without end are error 11215, and one to a stranger is not followed", async () => {
  await using server = serve({
    "/voice": () => new Response(null, { status: 302, headers: { location: "/voice" } }),
    "/away": () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1:1/" } }),
  });
  const report = await call(server.url).place();
  assert.deepEqual(report.problems.map(({ code }) => code), [11215]);
  assert.equal(server.seen.length, 11);
  const away = await call(server.url, { answer: { link: { url: "/away", method: "POST" } } }).place();
  assert.match(away.problems[0].message, /127\.0\.0\.1:1\/.* is not under the public URL/);
});

Deno.test("<Gather> asks its action with the keys that were pressed, without the one that ended it", async () => {
  await using server = serve({
    "/voice": twiml(`<Gather action="/menu" timeout="5"><Say>Your number?</Say></Gather><Say>None</Say>`),
    "/menu": twiml("<Say>Thanks</Say>"),
  });
  const caller = call(server.url);
  const placed = caller.place();
  await caller.until(() => caller.said.length > 0, 2_000);
  caller.press("42#");
  const report = await placed;
  assert.deepEqual(report.said, ["Your number?", "Thanks"]);
  assert.deepEqual([server.seen[1].form.Digits, server.seen[1].form.FinishedOnKey], ["42", "#"]);
});

Deno.test("<Gather> that gets no key goes on after its time-out", async () => {
  await using server = serve({
    "/voice": twiml(`<Gather timeout="0"><Say>Well?</Say></Gather><Say>None</Say>`),
  });
  assert.deepEqual((await call(server.url).place()).said, ["Well?", "None"]);
});

Deno.test("a caller in a queue waits until she hangs up", async () => {
  await using server = serve({ "/voice": twiml("<Enqueue>support</Enqueue><Say>never</Say>") });
  const caller = call(server.url);
  const placed = caller.place();
  await caller.until(() => caller.events.some(({ event }) => event === "queued"), 2_000);
  caller.hangUp();
  const report = await placed;
  assert.deepEqual([report.endedBy, report.said], ["caller", []]);
});

Deno.test("a call's states are told in order, with time, number and duration", async () => {
  await using server = serve({
    "/voice": twiml(`<Pause length="1"/>`),
    "/status": () => new Response(null, { status: 204 }),
  });
  const report = await call(server.url, {
    statusCallback: { url: "/status", method: "POST" },
    statusCallbackEvents: ["initiated", "ringing", "answered"],
  }).place();
  const told = server.seen.filter(({ url }) => new URL(url).pathname === "/status").map(({ form }) => form);
  assert.deepEqual(
    told.map(({ CallStatus, SequenceNumber, CallDuration }) => [CallStatus, SequenceNumber, CallDuration]),
    [["initiated", "0", undefined], ["ringing", "1", undefined], ["in-progress", "2", undefined], [
      "completed",
      "3",
      "1",
    ]],
  );
  for (const { Timestamp, CallSid, CallbackSource } of told) {
    assert.match(Timestamp, /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000$/);
    assert.deepEqual([CallSid, CallbackSource], [report.callSid, "call-progress-events"]);
  }
});

Deno.test("a dialled number's states are told with its own call, and the length of its talk", async () => {
  await using server = serve({
    "/voice": twiml(
      `<Dial callerId="+15550100000"><Number statusCallback="/leg" statusCallbackEvent="initiated answered completed">+15550100088</Number></Dial>`,
    ),
    "/leg": () => new Response(null, { status: 204 }),
  });
  const report = await call(server.url, { onDial: () => ({ status: "completed", talkMs: 1_000 }) }).place();
  const told = server.seen.slice(1).map(({ form }) => form);
  assert.deepEqual(
    told.map(({ CallStatus, SequenceNumber, From, To, Direction, ParentCallSid }) => [
      CallStatus,
      SequenceNumber,
      From,
      To,
      Direction,
      ParentCallSid === report.callSid,
    ]),
    ["initiated", "in-progress", "completed"].map((
      status,
      at,
    ) => [status, String(at), "+15550100000", "+15550100088", "outbound-dial", true]),
  );
  assert.equal(told[2].CallDuration, "1");
});

Deno.test("a stream's URL counts as the server's where only the scheme differs", async () => {
  await using server = serve({
    "/voice": (request) =>
      twiml(`<Connect><Stream url="wss://${request.headers.get("host")}/media"/></Connect>`)(),
  });
  const report = await call(server.url, {}, { publicUrl: server.url }).place();
  assert.deepEqual(report.problems.map(({ code }) => code), [31920]);
  assert.equal(server.seen[1].headers.get("host"), new URL(server.url).host);
});
