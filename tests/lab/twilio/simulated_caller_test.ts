import assert from "node:assert/strict";
import { CallRegistry } from "../../../src/lab/twilio/emulated_call.ts";
import { SimulatedCaller, type SimulatedCallerOptions } from "../../../src/lab/twilio/simulated_caller.ts";
import type { Line } from "../../../src/lab/twilio/line.ts";
import { CallerSpeech } from "../../../src/lab/twilio/caller_speech.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { ACCOUNT_SID, AUTH_TOKEN, EchoServer, PUBLIC_URL } from "./echo_server.ts";

function caller(
  server: EchoServer,
  options: Partial<SimulatedCallerOptions> = {},
  line: Partial<Line> = {},
): SimulatedCaller {
  return new SimulatedCaller({
    line: {
      clock: new SystemClock(),
      server: server.url,
      publicUrl: PUBLIC_URL,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      ...line,
    },
    ...options,
  });
}

const events = (server: EchoServer) => server.messages.map((text) => JSON.parse(text).event);

Deno.test("SimulatedCaller hears its own words from an echo server, to the byte", async () => {
  await using server = new EchoServer();
  const call = caller(server);
  const placed = call.place();
  assert.equal(await call.until(() => call.isConnected, 2000), true);
  call.speech.say(CallerSpeech.tone(440, 200));
  assert.equal(await call.until(() => call.player.playedBytes(performance.now()) >= 2400, 3000), true);
  call.hangUp();
  const report = await placed;
  assert.equal(report.outcome, "connected");
  assert.equal(report.endedBy, "caller");
  assert.deepEqual(report.problems, []);
  assert.equal(report.status, "completed");
  const spoken = server.messages.map((text) => JSON.parse(text)).filter(({ event }) => event === "media")
    .flatMap(({ media }) => [...atob(media.payload)].map((char) => char.charCodeAt(0)));
  const heard = call.player.heard(performance.now());
  assert.deepEqual([...heard], spoken.slice(0, heard.length));
});

Deno.test("SimulatedCaller signs its webhook and upgrade and sends connected, start, media, stop", async () => {
  await using server = new EchoServer();
  const call = caller(server, { from: "+15551112222" });
  const placed = call.place();
  await call.until(() => call.player.receivedBytes > 0, 2000);
  call.press("5");
  call.hangUp();
  await placed;
  assert.equal(server.hooks[0].path, "/voice");
  assert.equal(server.hooks[0].isSigned, true);
  assert.equal(server.hooks[0].form.From, "+15551112222");
  assert.equal(server.hooks[0].form.CallStatus, "ringing");
  assert.equal(server.upgrades[0]["user-agent"], "Twilio.TmeWs/1.0");
  const sent = server.messages.map((text) => JSON.parse(text));
  assert.deepEqual(events(server).slice(0, 3), ["connected", "start", "media"]);
  assert.deepEqual(events(server).slice(-2), ["dtmf", "stop"]);
  assert.deepEqual(sent[1].start.customParameters, { token: "a&b" });
  assert.equal(sent[1].start.callSid, call.callSid);
  assert.deepEqual(sent.slice(1).map((m) => m.sequenceNumber), sent.slice(1).map((_, i) => String(i + 1)));
});

Deno.test("SimulatedCaller asks the action URL once the server closes the stream, and walks its TwiML", async () => {
  await using server = new EchoServer();
  server.onMessage = (socket, text) => JSON.parse(text).event === "start" && socket.close(1000, "done");
  const report = await caller(server).place();
  assert.deepEqual(server.hooks.map(({ path, isSigned }) => [path, isSigned]), [["/voice", true], [
    "/after",
    true,
  ]]);
  assert.equal(server.hooks[1].form.CallStatus, "in-progress");
  assert.deepEqual(report.said, ["Goodbye"]);
  assert.equal(report.endedBy, "server");
  assert.deepEqual(report.streams, [{ code: 1000, reason: "done", by: "server" }]);
  assert.deepEqual(report.problems, []);
});

Deno.test("SimulatedCaller reports an abnormal close as 31921", async () => {
  await using server = new EchoServer();
  server.onMessage = (socket, text) => JSON.parse(text).event === "start" && socket.close(1008, "no token");
  const report = await caller(server).place();
  assert.deepEqual(report.problems, [{
    code: 31921,
    message: "The server closed the stream with 1008 (no token).",
  }]);
});

Deno.test("SimulatedCaller is refused when the TwiML has no stream, and tells what was said", async () => {
  await using server = new EchoServer();
  server.twiml["/voice"] = "<Response><Say>All lines are busy.</Say><Hangup/></Response>";
  const report = await caller(server).place();
  assert.equal(report.outcome, "refused");
  assert.deepEqual(report.said, ["All lines are busy."]);
});

Deno.test("SimulatedCaller reports a webhook that fails and takes the fallback", async () => {
  await using server = new EchoServer();
  server.twiml["/voice"] = new Response(null, { status: 500 });
  server.twiml["/sorry"] = "<Response><Say>Sorry</Say></Response>";
  const report = await caller(server, { fallback: { url: "/sorry", method: "POST" } }).place();
  assert.equal(report.problems[0].code, 11200);
  assert.deepEqual(report.said, ["Sorry"]);
  assert.equal(server.hooks[1].form.ErrorCode, "11200");
});

Deno.test("SimulatedCaller takes the fallback when a webhook's answer breaks off in the middle", async () => {
  await using server = new EchoServer();
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("<Response>"));
    },
    pull: () => Promise.reject(new Error("gone")),
  });
  server.twiml["/voice"] = new Response(broken, { headers: { "content-type": "text/xml" } });
  server.twiml["/sorry"] = "<Response><Say>Sorry</Say></Response>";
  const report = await caller(server, { fallback: { url: "/sorry", method: "POST" } }).place();
  assert.equal(report.problems[0].code, 11205);
  assert.deepEqual(report.said, ["Sorry"]);
});

Deno.test("SimulatedCaller reports a refused upgrade as 31920 and goes on with the action", async () => {
  await using server = new EchoServer();
  server.upgradeStatus = 503;
  const report = await caller(server).place();
  assert.equal(report.problems[0].code, 31920);
  assert.equal(report.outcome, "failed");
  assert.deepEqual(report.said, ["Goodbye"]);
});

Deno.test("SimulatedCaller with a wrong token is refused at the upgrade", async () => {
  await using server = new EchoServer();
  const report = await caller(server, {}, { authToken: "wrong" }).place();
  assert.equal(server.hooks[0].isSigned, false);
  assert.equal(report.problems[0].code, 31920);
});

Deno.test("SimulatedCaller reports what Twilio would not accept and goes on", async () => {
  await using server = new EchoServer();
  server.onMessage = (socket, text) => {
    const { event, streamSid } = JSON.parse(text);
    if (event !== "start") return;
    socket.send(JSON.stringify({ event: "mark", streamSid: "MZ0", mark: { name: "a" } }));
    socket.send(new Uint8Array([1]));
    socket.send(JSON.stringify({ event: "mark", streamSid, mark: { name: "b" } }));
  };
  const call = caller(server);
  const placed = call.place();
  await call.until(() => events(server).includes("mark"), 2000);
  call.hangUp();
  const report = await placed;
  assert.deepEqual(report.problems.map(({ code }) => code), [31951, 31950]);
  assert.equal(report.marks, 1);
});

Deno.test("SimulatedCaller hangs up in each manner", async () => {
  for (const how of ["close_only", "stop_only", "drop"] as const) {
    await using server = new EchoServer();
    server.onMessage = (socket, text) => JSON.parse(text).event === "stop" && socket.close();
    const call = caller(server);
    const placed = call.place();
    await call.until(() => events(server).includes("media"), 2000);
    call.hangUp(how);
    const report = await placed;
    assert.equal(events(server).includes("stop"), how === "stop_only");
    assert.equal(report.endedBy, "caller");
    assert.deepEqual(report.problems, []);
  }
});

Deno.test("SimulatedCaller delays both directions and keeps the order", async () => {
  await using server = new EchoServer();
  const network = { delayMs: 60, jitterMs: 30, seed: 7 };
  const call = caller(server, {}, { network });
  const placed = call.place();
  await call.until(() => call.player.receivedBytes >= 1600, 3000);
  const start = call.startedMs!;
  call.hangUp();
  await placed;
  assert.ok(call.player.arrivals[0].atMs - start >= 20 + 2 * 60, "a frame needs the way there and back");
  const chunks = server.messages.map((text) => JSON.parse(text)).filter(({ event }) => event === "media")
    .map(({ media }) => Number(media.chunk));
  assert.deepEqual(chunks, chunks.map((_, index) => index + 1));
});

Deno.test("SimulatedCaller leaves the stream for TwiML that an update brings", async () => {
  await using server = new EchoServer();
  const registry = new CallRegistry();
  const call = caller(server, { registry, onDial: () => ({ status: "busy" }) });
  server.twiml["/dialled"] = "<Response><Say>Nobody is there</Say></Response>";
  const placed = call.place();
  await call.until(() => call.isConnected, 2000);
  const twiml = `<Response><Dial action="/dialled"><Number>+15558675310</Number></Dial></Response>`;
  assert.equal(registry.get(call.callSid)!.update({ twiml }), true);
  const report = await placed;
  assert.equal(events(server).at(-1), "stop");
  assert.deepEqual(report.dialled.map(({ number, status }) => [number, status]), [["+15558675310", "busy"]]);
  assert.equal(server.hooks.at(-1)!.form.DialCallStatus, "busy");
  assert.deepEqual(report.said, ["Nobody is there"]);
  assert.equal(call.update({ status: "completed" }), false);
});
