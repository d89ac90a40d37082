import assert from "node:assert/strict";
import {
  MAX_TWIML_BYTES,
  pause,
  playDigits,
  putThrough,
  record,
  redirect,
  response,
  say,
} from "../../../src/carrier/twilio/twiml.ts";

Deno.test("putThrough() shows a caller ID and whispers to whoever answers", () => {
  assert.equal(
    putThrough({
      number: "+15550100001",
      callerId: "+15550100000",
      ringSeconds: 20,
      actionUrl: "https://a.test/done?a=1&b=2",
      whisperUrl: "https://a.test/whisper",
    }),
    `<Dial action="https://a.test/done?a=1&amp;b=2" method="POST" timeout="20" answerOnBridge="true"` +
      ` callerId="+15550100000">` +
      `<Number url="https://a.test/whisper" method="POST">+15550100001</Number></Dial>`,
  );
});

Deno.test("putThrough() leaves the caller ID and the whisper out when there are none", () => {
  assert.equal(
    putThrough({ number: "+15550100001", ringSeconds: 5, actionUrl: "https://a.test/done" }),
    `<Dial action="https://a.test/done" method="POST" timeout="5" answerOnBridge="true">` +
      `<Number>+15550100001</Number></Dial>`,
  );
});

Deno.test("record(), redirect() and pause() are what Twilio takes", () => {
  assert.equal(
    record("https://a.test/left?b=x", "https://a.test/recorded?b=x&c=y"),
    `<Record action="https://a.test/left?b=x" method="POST" maxLength="180" timeout="6" playBeep="true"` +
      ` recordingStatusCallback="https://a.test/recorded?b=x&amp;c=y" recordingStatusCallbackMethod="POST"/>`,
  );
  assert.equal(
    redirect("https://a.test/on?a=1&b=2"),
    `<Redirect method="POST">https://a.test/on?a=1&amp;b=2</Redirect>`,
  );
  assert.equal(pause(1), `<Pause length="1"/>`);
});

Deno.test("playDigits() takes keys and pauses, and nothing that would leave the attribute", () => {
  assert.equal(playDigits("w0123456789*#"), `<Play digits="w0123456789*#"/>`);
  for (const digits of ["", "12a", "W", " ", `1"`, "+1", "１"]) {
    assert.throws(() => playDigits(digits), RangeError);
  }
});

Deno.test("response() holds as many bytes as Twilio takes, and not one more", () => {
  const empty = response(say("")).length;
  const room = MAX_TWIML_BYTES - empty;
  assert.equal(response(say("x".repeat(room))).length, MAX_TWIML_BYTES);
  assert.throws(() => response(say("x".repeat(room + 1))), RangeError);
  assert.throws(() => response(say("ü".repeat(room / 2 + 1))), RangeError);
});
