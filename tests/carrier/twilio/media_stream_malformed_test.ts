import assert from "node:assert/strict";
import {
  MAX_MALFORMED_MESSAGES,
  MAX_STREAM_MESSAGE_CHARS,
} from "../../../src/carrier/twilio/media_stream.ts";
import { CALL_SID, markText, mediaText, STREAM_SID } from "../../support/stream_messages.ts";
import { NOTHING, RecordingHandler, StreamRig } from "../../support/stream_rig.ts";

const OTHER_SID = STREAM_SID.replace("0", "f");

const ignored: Record<string, { text: string; code: string }> = {
  "text that is not JSON": { text: `{"event":"media",`, code: "malformed_message" },
  "media without a payload": {
    text: `{"event":"media","streamSid":"${STREAM_SID}","media":{"timestamp":"0"}}`,
    code: "malformed_message",
  },
  "media of another stream": { text: mediaText(0, "AAAA", OTHER_SID), code: "wrong_stream_sid" },
  "a mark of another stream": { text: markText("g0:3200", OTHER_SID), code: "wrong_stream_sid" },
  "media whose timestamp is no number": {
    text: mediaText(0).replace(`"timestamp":"0"`, `"timestamp":"soon"`),
    code: "bad_timestamp",
  },
};

for (const [name, { text, code }] of Object.entries(ignored)) {
  Deno.test(`MediaStream ignores and counts ${name}, and goes on`, async () => {
    const rig = await StreamRig.live();
    rig.socket.deliver(text);
    rig.socket.deliver(markText("g0:8"));
    assert.deepEqual(rig.handler.told, ["mark g0:8"]);
    assert.deepEqual(rig.violations, [code]);
    assert.equal(rig.stream.stats.malformed, 1);
    assert.deepEqual(rig.socket.closes, []);
  });
}

Deno.test("MediaStream counts a payload that its handler finds not to be base64, and goes on", async () => {
  const rig = await StreamRig.live();
  rig.socket.deliver(mediaText(0, "AA!!"));
  rig.socket.deliver(mediaText(3, "AAAA"));
  assert.deepEqual(rig.handler.told, ["audio AA!!", "audio AAAA"]);
  assert.deepEqual(rig.violations, ["bad_payload"]);
  assert.equal(rig.stream.stats.malformed, 1);
});

Deno.test("MediaStream ignores an unknown event without counting it as malformed", async () => {
  const rig = await StreamRig.live();
  rig.socket.deliver(`{"event":"transcript","streamSid":"${STREAM_SID}"}`);
  assert.deepEqual([rig.handler.told, rig.violations], [[], []]);
});

Deno.test("MediaStream closes with 1008 after too many malformed messages, and reports the first few, and why it ends", async () => {
  const rig = await StreamRig.live();
  for (let i = 0; i < MAX_MALFORMED_MESSAGES; i++) rig.socket.deliver("rubbish");
  assert.deepEqual(rig.socket.closes, []);
  rig.socket.deliver("rubbish");
  assert.deepEqual(rig.socket.closes, [[1008, "too many malformed messages"]]);
  assert.deepEqual(rig.violations, [
    "malformed_message",
    "malformed_message",
    "malformed_message",
    "too_many_malformed",
  ]);
  assert.equal(rig.lastViolation?.malformed, MAX_MALFORMED_MESSAGES + 1);
  assert.deepEqual(rig.handler.told, ["end local"]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("MediaStream reports what ends a stream however much it has ignored before, with the count of that", async () => {
  const rig = await StreamRig.live();
  for (let i = 0; i < 10; i++) rig.socket.deliver("rubbish");
  rig.socket.deliver(new ArrayBuffer(4));
  assert.deepEqual(rig.lastViolation, {
    code: "binary_message",
    detail: "Twilio sends text frames only",
    malformed: 10,
    callSid: CALL_SID,
  });
});

Deno.test("MediaStream closes with 1009 on a message of 1 MB", async () => {
  const rig = await StreamRig.live();
  rig.socket.deliver(mediaText(0, "A".repeat(1024 * 1024)));
  assert.deepEqual(rig.socket.closes, [[1009, "message too long"]]);
  assert.deepEqual(rig.handler.told, ["end local"]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("MediaStream takes a message of just the greatest length", async () => {
  const rig = await StreamRig.live();
  const payload = "A".repeat(MAX_STREAM_MESSAGE_CHARS - mediaText(0, "").length);
  rig.socket.deliver(mediaText(0, payload));
  assert.deepEqual(rig.handler.told, [`audio ${payload}`]);
  rig.socket.deliver(mediaText(0, payload + "A"));
  assert.equal(rig.socket.closes[0][0], 1009);
});

Deno.test("MediaStream closes with 1003 on a binary frame", async () => {
  const rig = await StreamRig.live();
  rig.socket.deliver(new ArrayBuffer(4));
  assert.deepEqual(rig.socket.closes, [[1003, "text frames only"]]);
  assert.deepEqual(rig.violations, ["binary_message"]);
  assert.deepEqual(rig.handler.told, ["end local"]);
});

Deno.test("MediaStream closes with 1011 when its handler throws, and other streams go on", async () => {
  const failure = new Error("in the call");
  class FailingHandler extends RecordingHandler {
    override onMark(): never {
      throw failure;
    }
  }
  const rig = await StreamRig.live(new FailingHandler());
  const other = await StreamRig.live();
  rig.socket.deliver(markText("g0:8"));
  other.socket.deliver(markText("g0:8"));
  assert.deepEqual(rig.socket.closes, [[1011, "internal error"]]);
  assert.equal((rig.errors[0] as Error).cause, failure);
  assert.deepEqual(rig.handler.told, ["end local"]);
  assert.deepEqual(rig.holds, NOTHING);
  assert.deepEqual(other.handler.told, ["mark g0:8"]);
  assert.deepEqual(other.socket.closes, []);
});

Deno.test("MediaStream closes with 1011 when its handler throws while the watchdog fills in silence", async () => {
  class FailingHandler extends RecordingHandler {
    override readonly callerAudio = {
      write: () => true,
      writeSilence(): never {
        throw new Error("in the call");
      },
    };
  }
  const rig = await StreamRig.live(new FailingHandler());
  rig.clock.advance(60_000);
  assert.deepEqual(rig.socket.closes, [[1011, "internal error"]]);
  assert.deepEqual(rig.holds, NOTHING);
});
