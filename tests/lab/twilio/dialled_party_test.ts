import assert from "node:assert/strict";
import { decodeWav } from "../../../src/audio/wav.ts";
import { callTapes } from "../../../src/lab/call/call_tapes.ts";
import { hasTone } from "../../../src/lab/call/tone_detector.ts";
import { CallerSpeech } from "../../../src/lab/twilio/caller_speech.ts";
import { CallRegistry } from "../../../src/lab/twilio/emulated_call.ts";
import { SimulatedCaller, type SimulatedCallerOptions } from "../../../src/lab/twilio/simulated_caller.ts";
import { keyTones } from "../../../src/lab/twilio/line_tones.ts";
import { spokenTones } from "../../../src/lab/openai/audio/tone.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { ACCOUNT_SID, AUTH_TOKEN, EchoServer, PUBLIC_URL } from "./echo_server.ts";

const clock = new SystemClock();

function call(server: EchoServer, options: Partial<SimulatedCallerOptions> = {}): SimulatedCaller {
  const line = {
    clock,
    server: server.url,
    publicUrl: PUBLIC_URL,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
  };
  return new SimulatedCaller({ line, sayCharacterMs: 20, ...options });
}

const DIAL = `<Response><Dial action="/after"><Number url="/whisper">+15550100088</Number></Dial></Response>`;

Deno.test("a caller and whom she is put through to hear each other; the whisper is heard by one alone", async () => {
  await using server = new EchoServer();
  server.twiml["/voice"] = DIAL;
  server.twiml["/whisper"] = "<Response><Say>A caller</Say></Response>";
  const says = CallerSpeech.tone(700, 400);
  const caller = call(server, {
    speech: CallerSpeech.tone(500, 5_000),
    onDial: () => ({ status: "completed", ringMs: 50, talkMs: 700, says }),
  });
  caller.speech.keepTape();
  const report = await caller.place();
  assert.deepEqual(report.problems, []);
  assert.deepEqual(report.dialled.map(({ whispered, status }) => [whispered, status]), [[
    ["A caller"],
    "completed",
  ]]);
  const [party] = caller.parties;
  const now = clock.now();
  const atParty = party.player.heard(now);
  assert.ok(hasTone(atParty, 500) && !hasTone(atParty, 700), "the party hears the caller");
  const atCaller = caller.offStream.heard(now);
  assert.ok(hasTone(atCaller, 700) && !hasTone(atCaller, 500), "the caller hears the party");
  const whisperEndMs = party.player.runs[0].startMs + spokenTones("A caller", 20).durationMs;
  assert.ok(whisperEndMs <= caller.offStream.runs[0].startMs + 1, "the whisper comes first");
  assert.equal(caller.offStream.runs[0].bytes, 8 * says.durationMs, "what the party says has no gaps");
  assert.equal(server.hooks.find(({ path }) => path === "/after")?.form.DialCallStatus, "completed");

  const tapes = callTapes(caller, 1, now);
  assert.deepEqual(tapes.map(({ name }) => name), ["call-1.wav", "call-1-dialled-1.wav"]);
  for (const { bytes } of tapes) {
    const channels = new DataView(bytes.buffer).getUint16(22, true);
    assert.deepEqual([channels, decodeWav(bytes).sampleRateHz], [2, 8000]);
  }
});

Deno.test("a caller who hangs up ends the talk, and a call that rings too long is canceled", async () => {
  await using server = new EchoServer();
  server.twiml["/voice"] = "<Response><Dial>+15550100088</Dial></Response>";
  for (const [ringMs, status, parties] of [[0, "completed", 1], [10_000, "canceled", 0]] as const) {
    const caller = call(server, { onDial: () => ({ status: "completed", ringMs, talkMs: Infinity }) });
    const placed = caller.place();
    await caller.until(() => caller.events.some(({ event }) => event === "dialled"), 2_000);
    await caller.until(() => caller.parties.length === parties, 5_000);
    caller.hangUp();
    const { dialled } = await placed;
    assert.deepEqual([dialled.map((leg) => leg.status), caller.parties.length], [[status], parties]);
  }
});

Deno.test("keys are heard at the other end, whoever presses them", async () => {
  await using server = new EchoServer();
  server.twiml["/voice"] = `<Response><Play digits="w5"/><Dial>+15550100088</Dial></Response>`;
  const caller = call(server, { onDial: () => ({ status: "completed", talkMs: 600 }) });
  const placed = caller.place();
  await caller.until(() => caller.parties.length > 0, 3_000);
  caller.press("#");
  await placed;
  const now = clock.now();
  assert.deepEqual([...caller.offStream.heard(now)], [...keyTones("w5")]);
  assert.deepEqual([...caller.parties[0].player.heard(now)], [...keyTones("#")]);
});

Deno.test("<Say> takes its time, and what is said is heard in tones until the caller hangs up", async () => {
  await using server = new EchoServer();
  server.twiml["/voice"] = "<Response><Say>Good morning to you</Say><Say>never</Say></Response>";
  const caller = call(server);
  const placed = caller.place();
  await caller.until(() => false, 150);
  caller.hangUp();
  const report = await placed;
  assert.deepEqual(report.said, ["Good morning to you"]);
  const heardMs = caller.offStream.playedBytes(clock.now()) / 8;
  const wholeMs = spokenTones("Good morning to you", 20).durationMs;
  assert.ok(heardMs > 50 && heardMs < wholeMs, `${heardMs} of ${wholeMs} ms`);
});

Deno.test("voicemail records what the caller says after the beep, until a key; silence leaves none", async () => {
  await using server = new EchoServer();
  const registry = new CallRegistry();
  const record = `<Record action="/after" timeout="1" recordingStatusCallback="/recorded"/>`;
  server.twiml["/voice"] = `<Response>${record}<Say>Nothing</Say></Response>`;
  server.twiml["/recorded"] = "";
  const caller = call(server, { registry });
  caller.speech.say(CallerSpeech.tone(600, 800));
  const placed = caller.place();
  await caller.until(() => !caller.speech.isSpeaking, 5_000);
  caller.press("1");
  const report = await placed;
  assert.deepEqual(report.said, ["Goodbye"]);
  const { form } = server.hooks.find(({ path }) => path === "/after")!;
  assert.deepEqual([form.Digits, form.RecordingDuration], ["1", "1"]);
  const [file] = registry.recordings.files.values();
  const { samples } = decodeWav(file);
  assert.ok(Math.abs(samples.length - 6_400) < 400, `${samples.length} samples`);
  assert.ok(caller.offStream.heard(clock.now()).length >= 3_200, "the beep was heard");
  assert.deepEqual((await call(server, { registry }).place()).said, ["Nothing"]);
  assert.equal(registry.recordings.files.size, 1);
});
