import assert from "node:assert/strict";
import { SimulatedCaller } from "../../../src/lab/twilio/simulated_caller.ts";
import type { Line } from "../../../src/lab/twilio/line.ts";
import { SimulatedOutboundCall } from "../../../src/lab/twilio/simulated_outbound_call.ts";
import {
  EmulatedTwilioApi,
  type EmulatedTwilioApiOptions,
} from "../../../src/lab/twilio/emulated_twilio_api.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { ACCOUNT_SID, AUTH_TOKEN, EchoServer, PUBLIC_URL } from "./echo_server.ts";
import { eventually } from "../../support/eventually.ts";

const BASIC = `Basic ${btoa(`${ACCOUNT_SID}:${AUTH_TOKEN}`)}`;

function api(options: Partial<EmulatedTwilioApiOptions> = {}): EmulatedTwilioApi {
  return new EmulatedTwilioApi({
    clock: new SystemClock(),
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    ...options,
  });
}

function lineTo(server: EchoServer): Line {
  return {
    clock: new SystemClock(),
    server: server.url,
    publicUrl: PUBLIC_URL,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
  };
}

async function post(
  rest: EmulatedTwilioApi,
  path: string,
  form: Record<string, string>,
  authorization = BASIC,
) {
  const response = await fetch(`${rest.url}/2010-04-01/Accounts/${ACCOUNT_SID}/${path}`, {
    method: "POST",
    headers: { authorization },
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: await response.json() };
}

Deno.test("EmulatedTwilioApi hangs a live call up: stop, close, ended", async () => {
  await using server = new EchoServer();
  await using rest = api();
  const call = new SimulatedCaller({ line: lineTo(server), registry: rest.registry });
  const placed = call.place();
  await call.until(() => call.isConnected, 2000);
  const answer = await post(rest, `Calls/${call.callSid}.json`, { Status: "completed" });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.sid, call.callSid);
  const report = await placed;
  assert.equal(report.endedBy, "server");
  assert.deepEqual(report.problems, []);
  assert.equal(JSON.parse(server.messages.at(-1)!).event, "stop");
  assert.deepEqual(report.said, [], "the action of a replaced <Connect> is not asked");
});

Deno.test("EmulatedTwilioApi gives a live call other TwiML", async () => {
  await using server = new EchoServer();
  await using rest = api();
  const call = new SimulatedCaller({ line: lineTo(server), registry: rest.registry });
  const placed = call.place();
  await call.until(() => call.isConnected, 2000);
  await post(rest, `Calls/${call.callSid}.json`, { Twiml: "<Response><Say>Bye</Say></Response>" });
  assert.deepEqual((await placed).said, ["Bye"]);
});

Deno.test("EmulatedTwilioApi answers for an ended or unknown call as Twilio does", async () => {
  await using server = new EchoServer();
  server.twiml["/voice"] = "<Response><Hangup/></Response>";
  await using rest = api();
  const call = new SimulatedCaller({ line: lineTo(server), registry: rest.registry });
  await call.place();
  const ended = await post(rest, `Calls/${call.callSid}.json`, { Status: "completed" });
  assert.deepEqual([ended.status, ended.body.code], [404, 20404]);
  const unknown = await post(rest, `Calls/CA${"0".repeat(32)}.json`, { Status: "completed" });
  assert.deepEqual([unknown.status, unknown.body.code], [404, 20404]);
  await using other = api({ registry: rest.registry, ended: 400 });
  const again = await post(other, `Calls/${call.callSid}.json`, { Status: "completed" });
  assert.deepEqual([again.status, again.body.code], [400, 21220]);
  const read = await fetch(`${rest.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Calls/${call.callSid}.json`, {
    headers: { authorization: BASIC },
  });
  assert.equal((await read.json()).status, "completed");
});

Deno.test("EmulatedTwilioApi refuses wrong credentials and wrong fields", async () => {
  await using rest = api();
  const path = `Calls/CA${"0".repeat(32)}.json`;
  assert.equal((await post(rest, path, { Status: "completed" }, "Basic eDp5")).body.code, 20003);
  rest.registry.add({
    callSid: `CA${"0".repeat(32)}`,
    from: "a",
    to: "b",
    direction: "inbound",
    status: "in-progress",
    update: () => true,
  });
  assert.equal((await post(rest, path, {})).status, 400);
  assert.equal((await post(rest, path, { Status: "paused" })).status, 400);
  assert.equal((await post(rest, path, { Url: "https://a.test/", Twiml: "<Response/>" })).status, 400);
  assert.equal((await post(rest, "Calls.json", { To: "+1", From: "+2" })).status, 400);
  assert.deepEqual(rest.requests.map(({ status }) => status), [401, 400, 400, 400, 400]);
});

Deno.test("EmulatedTwilioApi fails as it was scripted to", async () => {
  const rest = api({ latencyMs: 30 });
  const path = `Calls/CA${"0".repeat(32)}.json`;
  rest.failNext({ status: 500 });
  rest.failNext({ status: 429 });
  const startMs = performance.now();
  assert.equal((await post(rest, path, {})).status, 500);
  assert.ok(performance.now() - startMs >= 29);
  assert.equal((await post(rest, path, {})).body.code, 20429);
  rest.failNext("timeout");
  const abort = new AbortController();
  const held = fetch(`${rest.url}/held`, { signal: abort.signal });
  await eventually("all requests are there", () => rest.requests.length >= 3);
  abort.abort();
  await assert.rejects(held);
  await rest[Symbol.asyncDispose]();
});

Deno.test("EmulatedTwilioApi places a call that rings, is answered and reports its states", async () => {
  await using server = new EchoServer();
  server.twiml["/outbound"] = "<Response><Say>This is a call</Say></Response>";
  server.twiml["/status"] = "";
  let call: SimulatedOutboundCall | undefined;
  await using rest = api({
    onCreate: (request) =>
      call = new SimulatedOutboundCall(request, { line: lineTo(server), answeredBy: "machine_start" }),
  });
  const form = new URLSearchParams({
    To: "+15551",
    From: "+15552",
    Url: `${PUBLIC_URL}/outbound`,
    StatusCallback: `${PUBLIC_URL}/status`,
    MachineDetection: "Enable",
  });
  for (const event of ["initiated", "ringing", "answered", "completed"]) {
    form.append("StatusCallbackEvent", event);
  }
  const response = await fetch(`${rest.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`, {
    method: "POST",
    headers: { authorization: BASIC },
    body: form,
  });
  assert.equal(response.status, 201);
  assert.equal((await response.json()).sid, call!.callSid);
  await call!.ended;
  const states = server.hooks.filter(({ path }) => path === "/status").map(({ form }) => form.CallStatus);
  assert.deepEqual(states, ["initiated", "ringing", "in-progress", "completed"]);
  const outbound = server.hooks.find(({ path }) => path === "/outbound")!;
  assert.equal(outbound.isSigned, true);
  assert.equal(outbound.form.AnsweredBy, "machine_start");
  assert.equal(outbound.form.Direction, "outbound-api");
  assert.deepEqual(call!.caller!.said, ["This is a call"]);
});

Deno.test("EmulatedTwilioApi reports a call that is not answered", async () => {
  await using server = new EchoServer();
  server.twiml["/status"] = "";
  let call: SimulatedOutboundCall | undefined;
  await using rest = api({
    onCreate: (request) =>
      call = new SimulatedOutboundCall(request, { line: lineTo(server), outcome: "no-answer" }),
  });
  const form = { To: "+1", From: "+2", Twiml: "<Response/>", StatusCallback: `${PUBLIC_URL}/status` };
  assert.equal((await post(rest, "Calls.json", form)).status, 201);
  await call!.ended;
  assert.deepEqual(server.hooks.map(({ form }) => form.CallStatus), ["no-answer"]);
});

Deno.test("A status callback that the server refuses is a problem, of whichever call it is", async () => {
  await using server = new EchoServer();
  const line = lineTo(server);
  const refused = () => new Response("no", { status: 403 });
  server.twiml["/status"] = refused();
  let call: SimulatedOutboundCall | undefined;
  await using rest = api({
    onCreate: (request) => call = new SimulatedOutboundCall(request, { line, outcome: "busy" }),
  });
  const form = { To: "+1", From: "+2", Twiml: "<Response/>", StatusCallback: `${PUBLIC_URL}/status` };
  await post(rest, "Calls.json", form);
  await call!.ended;
  assert.deepEqual(call!.problems, [`${PUBLIC_URL}/status answered 403.`]);

  server.twiml["/dialled"] = refused();
  server.twiml["/voice"] =
    `<Response><Dial><Number statusCallback="/dialled">+15550100088</Number></Dial></Response>`;
  const { problems } = await new SimulatedCaller({ line }).place();
  assert.deepEqual(problems, [{ code: 11200, message: "/dialled answered 403." }]);
});

Deno.test("EmulatedTwilioApi keeps so many requests, also of the storage that recordings are sent on to", async () => {
  await using rest = api();
  for (let count = 0; count < 1_001; count++) {
    await (await fetch(`${rest.url}/storage/RE${count}.wav`)).body?.cancel();
  }
  assert.equal(rest.requests.length, 1_000);
  assert.deepEqual(rest.requests.at(-1), {
    atMs: rest.requests.at(-1)!.atMs,
    method: "GET",
    path: "/storage/RE1000.wav",
    form: {},
    status: 404,
  });
});

Deno.test("EmulatedTwilioApi lists, reads and updates numbers by the names of Twilio's API", async () => {
  const trunk = `TK${"1".repeat(32)}`;
  await using rest = api({
    numbers: { "+15550100001": { voiceUrl: "https://a.example/voice" }, "+15550100002": { trunkSid: trunk } },
  });
  const get = async (path: string) => {
    const response = await fetch(`${rest.url}/2010-04-01/Accounts/${ACCOUNT_SID}/${path}`, {
      headers: { authorization: BASIC },
    });
    return { status: response.status, body: await response.json() };
  };
  assert.equal((await get("IncomingPhoneNumbers.json")).body.incoming_phone_numbers.length, 2);
  const none = await get("IncomingPhoneNumbers.json?PhoneNumber=%2B15550100009");
  assert.deepEqual(none.body.incoming_phone_numbers, []);
  const [first] =
    (await get("IncomingPhoneNumbers.json?PhoneNumber=%2B15550100001")).body.incoming_phone_numbers;
  assert.match(first.sid, /^PN[0-9a-f]{32}$/);
  assert.deepEqual([first.voice_url, first.voice_method, first.voice_fallback_url, first.trunk_sid], [
    "https://a.example/voice",
    "POST",
    "",
    null,
  ]);
  const path = `IncomingPhoneNumbers/${first.sid}.json`;
  const changed = await post(rest, path, { VoiceUrl: "https://b.example/", VoiceFallbackMethod: "GET" });
  assert.deepEqual([changed.status, changed.body.voice_url, changed.body.voice_fallback_method], [
    200,
    "https://b.example/",
    "GET",
  ]);
  assert.equal((await get(path)).body.voice_url, "https://b.example/");
  const [, second] = (await get("IncomingPhoneNumbers.json")).body.incoming_phone_numbers;
  const application = `AP${"2".repeat(32)}`;
  const moved = await post(rest, `IncomingPhoneNumbers/${second.sid}.json`, {
    VoiceApplicationSid: application,
  });
  assert.deepEqual([moved.body.voice_application_sid, moved.body.trunk_sid], [application, null]);
  for (
    const [form, code] of [[{ VoiceUrl: "no" }, 21402], [{ VoiceMethod: "PUT" }, 21403], [
      { Nonsense: "" },
      20001,
    ]] as const
  ) {
    const refused = await post(rest, path, form);
    assert.deepEqual([refused.status, refused.body.code], [400, code]);
  }
  assert.equal((await post(rest, `IncomingPhoneNumbers/PN${"9".repeat(32)}.json`, {})).status, 404);
  assert.equal((await post(rest, "IncomingPhoneNumbers.json", {})).status, 405);
});
