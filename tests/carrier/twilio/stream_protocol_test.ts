import assert from "node:assert/strict";
import { OutboundMessages, parseInbound } from "../../../src/carrier/twilio/stream_protocol.ts";
import {
  ACCOUNT_SID,
  CALL_SID,
  CONNECTED,
  dtmfText,
  markText,
  mediaText,
  startText,
  stopText,
  STREAM_SID,
} from "../../support/stream_messages.ts";

Deno.test("parseInbound() reads each message that Twilio sends", () => {
  assert.deepEqual(parseInbound(CONNECTED), { event: "connected" });
  assert.deepEqual(parseInbound(startText()), {
    event: "start",
    streamSid: STREAM_SID,
    start: {
      accountSid: ACCOUNT_SID,
      streamSid: STREAM_SID,
      callSid: CALL_SID,
    },
  });
  assert.deepEqual(parseInbound(mediaText(5, "no+JhoaJjpzS")), {
    event: "media",
    streamSid: STREAM_SID,
    sequence: 4,
    media: { timestamp: "5", payload: "no+JhoaJjpzS" },
  });
  assert.deepEqual(parseInbound(dtmfText("#")), {
    event: "dtmf",
    streamSid: STREAM_SID,
    dtmf: { digit: "#" },
  });
  assert.deepEqual(parseInbound(markText("g0:3200")), {
    event: "mark",
    streamSid: STREAM_SID,
    mark: { name: "g0:3200" },
  });
  assert.deepEqual(parseInbound(stopText()), { event: "stop", streamSid: STREAM_SID });
});

Deno.test("parseInbound() ignores events that it does not know, as Twilio asks", () => {
  assert.equal(parseInbound(`{"event":"transcript","streamSid":"${STREAM_SID}"}`), undefined);
  assert.equal(parseInbound(`{"noEvent":true}`), undefined);
});

// Bridges in front of other carriers, and media gateways that speak this protocol, type them otherwise.
Deno.test("parseInbound() takes numbers for strings that are numbers, and strings for numbers", () => {
  const media = mediaText(5).replace(`"5"`, "5").replace(`"4"`, "4").replace(`"2"`, "2");
  assert.deepEqual(parseInbound(media), parseInbound(mediaText(5)));
  assert.deepEqual(
    parseInbound(dtmfText("1").replace(`"digit":"1"`, `"digit":1`)),
    parseInbound(dtmfText("1")),
  );
  assert.deepEqual(
    parseInbound(markText("7").replace(`"name":"7"`, `"name":7`)),
    parseInbound(markText("7")),
  );
  const start = startText().replace("8000", `"8000"`).replace(`"channels":1`, `"channels":"1"`)
    .replace(`"sequenceNumber":"1"`, `"sequenceNumber":1`);
  assert.deepEqual(parseInbound(start), parseInbound(startText()));
});

const malformed: Record<string, string> = {
  "text that is not JSON": `{"event":`,
  "a JSON text that is no object": `["media"]`,
  "null": "null",
  "media without a payload": `{"event":"media","streamSid":"${STREAM_SID}","media":{"timestamp":"5"}}`,
  "media with a timestamp that is no number": mediaText(5).replace(`"5"`, "true"),
  "a mark whose name is a list": markText("1").replace(`"1"`, "[1]"),
  "a message without streamSid": `{"event":"stop"}`,
  "a mark without a name": `{"event":"mark","streamSid":"${STREAM_SID}","mark":{}}`,
  "dtmf that is no object": `{"event":"dtmf","streamSid":"${STREAM_SID}","dtmf":"1"}`,
  "dtmf of two keys": dtmfText("12"),
  "dtmf of a key that no telephone has": dtmfText("E"),
  "dtmf of 60 kB": dtmfText("1".repeat(60_000)),
  "a start with an AccountSid of the wrong kind": startText().replace(ACCOUNT_SID, "AC/../.."),
  "a start for another encoding": startText().replace("audio/x-mulaw", "audio/x-l16"),
  "a start at another rate": startText().replace("8000", "16000"),
  "a start with two channels": startText().replace(`"channels":1`, `"channels":2`),
  "a start with a CallSid of the wrong kind": startText().replace(CALL_SID, CALL_SID.replace("CA", "SM")),
  "a start with a StreamSid that is too short": startText().replaceAll(STREAM_SID, "MZ01"),
};

for (const [name, text] of Object.entries(malformed)) {
  Deno.test(`parseInbound() refuses ${name}`, () => {
    assert.throws(() => parseInbound(text), SyntaxError);
  });
}

// Error 31951 of Twilio: a field more or less, or one of another name, and the message is dropped.
const outbound = new OutboundMessages("MZ00");

Deno.test("OutboundMessages makes media with a payload and nothing else", () => {
  assert.equal(outbound.media("//8="), `{"event":"media","streamSid":"MZ00","media":{"payload":"//8="}}`);
});

Deno.test("OutboundMessages makes a mark with a name and nothing else", () => {
  assert.equal(outbound.mark("g3:1240"), `{"event":"mark","streamSid":"MZ00","mark":{"name":"g3:1240"}}`);
});

Deno.test("OutboundMessages makes clear with nothing beside the stream", () => {
  assert.equal(outbound.clear, `{"event":"clear","streamSid":"MZ00"}`);
});

Deno.test("OutboundMessages stays JSON whatever the streamSid is", () => {
  const odd = `MZ"\\\n`;
  const messages = new OutboundMessages(odd);
  for (const text of [messages.media("AAAA"), messages.mark("p1"), messages.clear]) {
    assert.equal(JSON.parse(text).streamSid, odd);
  }
});
