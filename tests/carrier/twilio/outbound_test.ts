import assert from "node:assert/strict";
import { OutboundMessages } from "../../../src/carrier/twilio/outbound.ts";

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
