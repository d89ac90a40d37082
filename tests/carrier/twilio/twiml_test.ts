import assert from "node:assert/strict";
import { connectStream, hangup, response, say } from "../../../src/carrier/twilio/twiml.ts";

const stream = {
  url: "wss://voice.example.com/media/stream/token",
  actionUrl: "https://voice.example.com/voice/after-stream?business=a&b=c",
};

Deno.test("connectStream() bridges the call, and names where to go after it", () => {
  assert.equal(
    response(connectStream(stream)),
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
      `<Response><Connect action="https://voice.example.com/voice/after-stream?business=a&amp;b=c" method="POST">` +
      `<Stream url="wss://voice.example.com/media/stream/token"/></Connect></Response>`,
  );
});

Deno.test("response() joins verbs in order", () => {
  assert.equal(
    response(say("Fish & chips <now>"), hangup()),
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
      `<Response><Say>Fish &amp; chips &lt;now&gt;</Say><Hangup/></Response>`,
  );
});
