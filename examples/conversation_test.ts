// A test of a whole conversation, for CI: a simulated caller talks to your server, and a scripted model in OpenAI's place.
// Needs no account, no key and no network.
//
//   deno test --permission-set=test examples/conversation_test.ts

import assert from "node:assert/strict";
import { type CallRecord, createServer, defineTool } from "../src/mod.ts";
import {
  CallerSpeech,
  EmulatedRealtimeApi,
  scriptedAgent,
  SimulatedCaller,
  SystemClock,
} from "../src/lab/mod.ts";

const PUBLIC_URL = "https://voice.example.com"; // signatures are made over it; nothing is sent there
const AUTH_TOKEN = "any";

Deno.test("who asks for a table gets one, and hears so", async () => {
  const booked: number[] = [];
  const bookTable = defineTool({
    name: "book_table",
    description: "Books a table for tonight.",
    parameters: { type: "object", properties: { people: { type: "integer" } }, required: ["people"] },
    run: ({ people }) => void booked.push(people),
  });

  // What the model says and calls, one reply after the other. It speaks in tones: what matters is when, not what.
  const agent = scriptedAgent([
    { say: { toneMs: 500, transcript: "Trattoria Bella, good evening." } },
    { call: { name: "book_table", arguments: { people: 4 } } },
    { say: { toneMs: 500, transcript: "A table for four, tonight at eight." } },
  ], { userTranscripts: ["A table for four, please."] });

  const clock = new SystemClock();
  await using model = new EmulatedRealtimeApi({ clock, agent });
  const ended = Promise.withResolvers<CallRecord>();
  await using server = await createServer({
    config: {
      publicUrl: PUBLIC_URL,
      openaiApiKey: "any",
      realtimeUrl: model.url,
      twilioAuthToken: AUTH_TOKEN,
    },
    businesses: [{ name: "Trattoria Bella", numbers: ["+15550100000"], instructions: "Take bookings." }],
    tools: [bookTable],
    records: false,
    onCallEnded: ended.resolve,
    log: false,
  });
  await using http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, server.fetch);

  const caller = new SimulatedCaller({
    line: {
      clock,
      server: `http://127.0.0.1:${http.addr.port}`,
      publicUrl: PUBLIC_URL,
      accountSid: `AC${"0".repeat(32)}`,
      authToken: AUTH_TOKEN,
    },
    from: "+15550100001",
    to: "+15550100000",
  });
  const heardMs = () => caller.player.heard(clock.now()).length / 8; // mu-law: 8 bytes a millisecond
  const call = caller.place();
  assert.ok(await caller.until(() => heardMs() >= 500, 10_000), "the caller is greeted");
  caller.speech.say(CallerSpeech.tone(300, 800));
  assert.ok(await caller.until(() => heardMs() >= 1_000, 10_000), "the caller hears the answer");
  // A caller takes a moment to hang up. What Twilio has not confirmed as played by then, the record leaves out.
  await new Promise((resolve) => setTimeout(resolve, 500));
  caller.hangUp();

  assert.deepEqual((await call).problems, []); // nothing that Twilio would complain of
  assert.deepEqual(booked, [4]);
  const { transcript, reason } = await ended.promise;
  assert.equal(reason, "caller_hung_up");
  assert.deepEqual(transcript.map(({ kind, text, name }) => `${kind}: ${text ?? name}`), [
    "assistant: Trattoria Bella, good evening.",
    "user: A table for four, please.",
    "tool: book_table",
    "assistant: A table for four, tonight at eight.",
  ]);
  // The server's side of the call's socket closes a moment after the caller's, and Deno.test looks for what is open.
  await new Promise((resolve) => setTimeout(resolve, 200));
});
