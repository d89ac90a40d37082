import assert from "node:assert/strict";
import * as messages from "../../../src/lab/twilio/emulated_stream_messages.ts";
import { CallerSpeech, SILENT_FRAME } from "../../../src/lab/twilio/caller_speech.ts";

const SID = "MZ00000000000000000000000000000001";
const IDENTITY = {
  accountSid: "AC00000000000000000000000000000001",
  callSid: "CA00000000000000000000000000000001",
  streamSid: SID,
};

Deno.test("mediaMessage() is Twilio's to the letter", () => {
  assert.equal(
    messages.mediaMessage(4, 2, 20, "/39/", SID),
    '{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"2","timestamp":"20",' +
      `"payload":"/39/"},"streamSid":"${SID}"}`,
  );
  assert.equal(SILENT_FRAME.length, 216);
  assert.equal(SILENT_FRAME, "/".repeat(213) + "w==");
});

Deno.test("startMessage() and the others carry what Twilio's do", () => {
  const start = JSON.parse(messages.startMessage(IDENTITY, { token: "t" }));
  assert.deepEqual(start.start.mediaFormat, { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 });
  assert.deepEqual(start.start.customParameters, { token: "t" });
  assert.equal(start.sequenceNumber, "1");
  assert.deepEqual(JSON.parse(messages.stopMessage(9, IDENTITY)).stop, {
    accountSid: IDENTITY.accountSid,
    callSid: IDENTITY.callSid,
  });
  assert.deepEqual(JSON.parse(messages.dtmfMessage(5, "#", SID)).dtmf, {
    track: "inbound_track",
    digit: "#",
  });
});

Deno.test("readServerMessage() reads media, mark and clear", () => {
  const read = (message: unknown) => messages.readServerMessage(JSON.stringify(message), SID);
  assert.deepEqual(read({ event: "media", streamSid: SID, media: { payload: "AQI=" } }), {
    event: "media",
    audio: Uint8Array.of(1, 2),
  });
  // in another order, and with an escape
  const odd = `{"streamSid":"${SID}","media":{"payload":"A\\u0051I="},"event":"media"}`;
  for (const text of [odd, odd.replace('"streamSid"', ' "streamSid"')]) {
    assert.deepEqual(messages.readServerMessage(text, SID), { event: "media", audio: Uint8Array.of(1, 2) });
  }
  const escaped = `{"event":"media","streamSid":"${SID}","media":{"payload":"A\\u0051I="}}`;
  assert.deepEqual(messages.readServerMessage(escaped, SID), { event: "media", audio: Uint8Array.of(1, 2) });
  assert.deepEqual(read({ event: "mark", streamSid: SID, mark: { name: "m" } }), {
    event: "mark",
    name: "m",
  });
  assert.deepEqual(read({ event: "clear", streamSid: SID }), { event: "clear" });
});

Deno.test("readServerMessage() refuses everything else", () => {
  const wrong = [
    "not json",
    `{"event":"media","streamSid":"${SID}","media":{"payload":"AQI=","track":"x"}}`,
    `{"event":"media","streamSid":"${SID}","media":{"payload":""}}`,
    `{"event":"media","streamSid":"${SID}","media":{"payload":"AQI"}}`,
    `{"event":"media","streamSid":"${SID}0","media":{"payload":"AQI="}}`,
    "[]",
    { event: "clear", streamSid: "MZ0" },
    { event: "clear" },
    { event: "clear", streamSid: SID, extra: 1 },
    { event: "stop", streamSid: SID },
    { event: "media", streamSid: SID },
    { event: "media", streamSid: SID, media: {} },
    { event: "media", streamSid: SID, media: { payload: "A" } },
    { event: "media", streamSid: SID, media: { payload: "" } },
    { event: "media", streamSid: SID, media: { payload: "AQI=", track: "outbound" } },
    { event: "media", streamSid: SID, media: { payload: btoa("RIFF....WAVE") } },
    { event: "mark", streamSid: SID, mark: { name: 1 } },
  ];
  for (const message of wrong) {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    assert.ok(messages.readServerMessage(text, SID) instanceof messages.InvalidMessage, text);
  }
});

Deno.test("CallerSpeech cuts sound into frames of 160 bytes and fills the last one with silence", () => {
  const speech = CallerSpeech.fromMuLaw(new Uint8Array(200).fill(1));
  assert.equal(speech.durationMs, 40);
  const last = [...atob(speech.frames[1])].map((char) => char.charCodeAt(0));
  assert.deepEqual([last.length, last[39], last[40], last[159]], [160, 1, 255, 255]);
  assert.deepEqual(CallerSpeech.silence(40).frames, [SILENT_FRAME, SILENT_FRAME]);
  assert.equal(CallerSpeech.join(speech, CallerSpeech.silence(20)).durationMs, 60);
});
