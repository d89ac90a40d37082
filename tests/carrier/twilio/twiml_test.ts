import assert from "node:assert/strict";
import {
  connectStream,
  hangup,
  MAX_PARAMETER_CHARS,
  response,
  say,
} from "../../../src/carrier/twilio/twiml.ts";

const stream = {
  url: "wss://voice.example.com/media/stream",
  actionUrl: "https://voice.example.com/voice/after-stream?business=a&b=c",
};

Deno.test("connectStream() bridges the call, names where to go after it and passes the parameters", () => {
  assert.equal(
    response(connectStream({ ...stream, parameters: { token: "abc", from: "+15550000123" } })),
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
      `<Response><Connect action="https://voice.example.com/voice/after-stream?business=a&amp;b=c" method="POST">` +
      `<Stream url="wss://voice.example.com/media/stream">` +
      `<Parameter name="token" value="abc"/><Parameter name="from" value="+15550000123"/>` +
      `</Stream></Connect></Response>`,
  );
});

Deno.test("connectStream() refuses a parameter of 500 characters, its name included", () => {
  const value = "x".repeat(MAX_PARAMETER_CHARS - "token".length);
  assert.match(connectStream({ ...stream, parameters: { token: value } }), /x{494}/);
  assert.throws(() => connectStream({ ...stream, parameters: { token: value + "x" } }), RangeError);
});

Deno.test("response() joins verbs in order", () => {
  assert.equal(
    response(say("Fish & chips <now>"), hangup()),
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
      `<Response><Say>Fish &amp; chips &lt;now&gt;</Say><Hangup/></Response>`,
  );
});
