import assert from "node:assert/strict";
import { parseScript, ScriptError } from "../../../src/lab/call/script.ts";
import { readScript, runScript } from "../../../src/lab/call/script_run.ts";
import { hasTone } from "../../../src/lab/call/tone_detector.ts";
import { muLawEncode } from "../../../src/audio/mulaw_buffers.ts";
import { CallerSpeech } from "../../../src/lab/twilio/caller_speech.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { ACCOUNT_SID, AUTH_TOKEN, EchoServer, PUBLIC_URL } from "../twilio/echo_server.ts";

const load = () => Promise.resolve(CallerSpeech.tone(440, 100));

async function run(server: EchoServer, source: string) {
  const line = {
    clock: new SystemClock(),
    server: server.url,
    publicUrl: PUBLIC_URL,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
  };
  return await runScript(await parseScript(source, load), { line });
}

Deno.test("parseScript() reports every line that it does not know", async () => {
  const wrong = "from +1555\n# a comment\n\nspeak\npress 1\nsing a song\n";
  await assert.rejects(parseScript(wrong, load), (error) => {
    return error instanceof ScriptError && /line 4/.test(error.message) && /line 6/.test(error.message);
  });
  await assert.rejects(parseScript("", load), ScriptError);
});

Deno.test("parseScript() reports five wrong lines, and how many more there are", async () => {
  const wrong = Array.from({ length: 40 }, (_, index) => `sing ${"la".repeat(100)} ${index}`).join("\n");
  await assert.rejects(parseScript(wrong, load), (error) => {
    assert.ok(error instanceof ScriptError);
    const lines = error.message.split("\n");
    assert.deepEqual(lines.slice(5), ["and 35 more", "slimline call --help lists the steps."]);
    return lines.length === 7 && lines.every((line) => line.length < 120);
  });
});

Deno.test("parseScript() takes settings before the first step", async () => {
  const script = await parseScript("from +1555\nto +1666\ndelay 75\npause 1\nhang up", load);
  assert.deepEqual([script.from, script.to, script.delayMs, script.steps.length], ["+1555", "+1666", 75, 2]);
  await assert.rejects(parseScript("pause 1\nfrom +1555", load), ScriptError);
});

Deno.test("runScript() passes a conversation with an echo", async () => {
  await using server = new EchoServer();
  const { steps, passed, report } = await run(
    server,
    `wait for audio within 2000
     tone 1000 for 600
     expect tone 1000 within 1000
     expect heard at least 300
     press 1#
     hang up`,
  );
  assert.deepEqual(steps.filter((step) => !step.passed), []);
  assert.equal(passed, true);
  assert.equal(report.endedBy, "caller");
  const digits = server.messages.map((text) => JSON.parse(text)).filter(({ event }) => event === "dtmf");
  assert.deepEqual(digits.map(({ dtmf }) => dtmf.digit), ["1", "#"]);
});

Deno.test("runScript() shows what failed and runs the other lines all the same", async () => {
  await using server = new EchoServer();
  const { steps, passed } = await run(
    server,
    `expect heard at least 60000
     tone 440 for 100
     expect clear within 150
     expect dialled +1999 within 20
     expect end within 20
     hang up`,
  );
  assert.equal(passed, false);
  assert.deepEqual(steps.map((step) => step.passed), [false, true, false, false, false, true]);
  assert.match(steps[2].detail, /nothing was cleared/);
});

Deno.test("runScript() sees what a server says and does", async () => {
  await using server = new EchoServer();
  server.onMessage = (socket, text) => {
    const { event, media, streamSid } = JSON.parse(text);
    const send = (message: object) => socket.send(JSON.stringify({ streamSid, ...message }));
    if (event === "start") send({ event: "media", media: { payload: btoa("\x01".repeat(16_000)) } });
    // The first frame that is not silence stands for speech.
    if (event === "media" && !media.payload.startsWith("////")) send({ event: "clear" });
    if (event === "dtmf") socket.close(1000);
  };
  const { steps } = await run(
    server,
    `interrupt with any.wav after 200 within 3000
     expect clear within 200
     wait for silence of 100 within 500
     press 9
     expect end within 1000
     expect said "good"`,
  );
  assert.deepEqual(steps.filter((step) => !step.passed), []);
});

Deno.test("the scripts that ship can be read", async () => {
  for await (const entry of Deno.readDir("tests/e2e/scripts")) {
    if (entry.name.endsWith(".txt")) await readScript(`tests/e2e/scripts/${entry.name}`);
  }
});

Deno.test("hasTone() tells a tone from another and from noise", () => {
  const wave = (of: (i: number) => number) => muLawEncode(Int16Array.from({ length: 4000 }, (_, i) => of(i)));
  const tone = wave((i) => 8000 * Math.sin(2 * Math.PI * 1000 * i / 8000));
  assert.equal(hasTone(tone, 1000), true);
  assert.equal(hasTone(tone, 1100), false);
  assert.equal(hasTone(wave((i) => (i * 7919 % 16_000) - 8000), 1000), false);
  assert.equal(hasTone(wave(() => 0), 1000), false);
});

Deno.test("parseScript() reads who answers a dialled number, and how", async () => {
  const script = await parseScript(
    [
      "party +15551 answers",
      'party +15552 answers after 500 saying "hello there" for 2000',
      "party sip:a@b.test answers saying clip.wav",
      "party +15553 is busy after 100",
      "party +15554 does not answer",
      "party +15555 fails",
      "hang up",
    ].join("\n"),
    load,
  );
  const parties = [...script.parties].map(([number, { status, ringMs, talkMs, says }]) => [
    number,
    status,
    ringMs,
    talkMs,
    says?.durationMs,
  ]);
  assert.deepEqual(parties, [
    ["+15551", "completed", undefined, Infinity, undefined],
    ["+15552", "completed", 500, 2_000, 1_020],
    ["sip:a@b.test", "completed", undefined, Infinity, 100],
    ["+15553", "busy", 100, undefined, undefined],
    ["+15554", "no-answer", undefined, undefined, undefined],
    ["+15555", "failed", undefined, undefined, undefined],
  ]);
  await assert.rejects(parseScript("party +15551 is busy for 100\nhang up", load), ScriptError);
});

Deno.test("runScript() hears both ends of a transfer, keys, and a message", async () => {
  await using server = new EchoServer();
  server.twiml["/voice"] = `<Response><Play digits="42"/><Dial action="/next"><Number url="/whisper">` +
    `+15550100088</Number></Dial></Response>`;
  server.twiml["/whisper"] = "<Response><Say>From the assistant</Say></Response>";
  server.twiml["/next"] = `<Response><Record timeout="1" action="/after"/></Response>`;
  const { steps } = await run(
    server,
    `party +15550100088 answers after 50 saying "hello" for 1200
     expect keys 42 within 1000
     expect dialled +15550100088 within 1000
     expect whispered "assistant" within 1000
     wait for audio within 1000
     tone 500 for 300
     expect party to hear tone 500 within 1000
     expect recorded within 6000
     expect said "Goodbye" within 2000
     expect keys 7 within 50`,
  );
  assert.deepEqual(steps.filter((step) => !step.passed).map(({ text, detail }) => `${text}: ${detail}`), [
    `expect keys 7 within 50: the call is over; played: ["42"]`,
  ]);
});
