import assert from "node:assert/strict";
import { eventHandling, HANDLED, IGNORED } from "../../../src/model/events.ts";
import { MAX_EARLY_EVENTS } from "../../../src/model/openai/realtime_session.ts";
import { apiError, audioDelta, SessionRig, sessionUpdated } from "../../support/session_rig.ts";

Deno.test("RealtimeSession hands on audio deltas by the scan", () => {
  const rig = SessionRig.ready();
  rig.socket.deliver(audioDelta("AAAA"));
  rig.socket.deliver(audioDelta("BBBB", "item_a2", "resp_2"));
  assert.deepEqual(rig.handler.told, ["delta AAAA of item_a1 in resp_1", "delta BBBB of item_a2 in resp_2"]);
});

const slow: Record<string, string> = {
  "white space": JSON.stringify(JSON.parse(audioDelta("AAA/")), null, 2),
  "escapes": audioDelta(String.raw`AAA\/`),
  "a nested field": audioDelta("AAA/").replace(`"output_index":0`, `"output_index":{"n":0}`),
  "event_id first":
    `{"event_id":"e","type":"response.output_audio.delta","delta":"AAA/","item_id":"item_a1","response_id":"resp_1"}`,
};

for (const [name, text] of Object.entries(slow)) {
  Deno.test(`RealtimeSession hands on an audio delta with ${name}, parsed in full`, () => {
    const rig = SessionRig.ready();
    rig.socket.deliver(text);
    assert.deepEqual(rig.handler.told, ["delta AAA/ of item_a1 in resp_1"]);
    assert.equal(rig.session.stats.malformed, 0);
  });
}

Deno.test("RealtimeSession hands on each event that matters, wherever its type stands", () => {
  const rig = SessionRig.ready();
  rig.socket.deliver({
    type: "input_audio_buffer.speech_started",
    event_id: "e",
    audio_start_ms: 1000,
    item_id: "u1",
  });
  rig.socket.deliver({ event_id: "e", type: "response.done", response: {} });
  assert.deepEqual(rig.handler.told, ["event input_audio_buffer.speech_started", "event response.done"]);
});

Deno.test("RealtimeSession drops known events that nobody needs, wherever their type stands", () => {
  const rig = SessionRig.ready();
  rig.socket.deliver({ type: "rate_limits.updated", event_id: "e", rate_limits: [] });
  rig.socket.deliver({ event_id: "e", type: "response.content_part.added" });
  assert.deepEqual(rig.handler.told, []);
  assert.deepEqual([rig.session.stats.unknown, rig.session.stats.malformed], [0, 0]);
});

Deno.test("RealtimeSession ignores and counts events of a type that it does not know", () => {
  const rig = SessionRig.ready();
  const before = rig.session.stats.received;
  rig.socket.deliver({ type: "conversation.created", event_id: "e" });
  rig.socket.deliver({ event_id: "e", type: "response.daydream" });
  assert.deepEqual(rig.handler.told, []);
  assert.deepEqual([rig.session.stats.unknown, rig.session.stats.received - before], [2, 2]);
});

const malformed: Record<string, unknown> = {
  "text that is not JSON": `{"event_id":`,
  "JSON that is no object": `"response.done"`,
  "null": "null",
  "an object without a type": { event_id: "e" },
  "a type that is no string": { type: 7 },
  "a binary message": new ArrayBuffer(2),
  "an audio delta without an item": {
    type: "response.output_audio.delta",
    response_id: "resp_1",
    delta: "AAAA",
  },
  "an audio delta whose item's id is empty": audioDelta("BBBB", ""),
  "an audio delta whose response's id is empty": audioDelta("BBBB", "item_a1", ""),
};

for (const [name, message] of Object.entries(malformed)) {
  Deno.test(`RealtimeSession ignores and counts ${name}, and goes on`, () => {
    const rig = SessionRig.ready();
    rig.socket.deliver(message);
    rig.socket.deliver(audioDelta("AAAA"));
    assert.deepEqual(rig.handler.told, ["delta AAAA of item_a1 in resp_1"]);
    assert.equal(rig.session.stats.malformed, 1);
    assert.deepEqual(rig.socket.closes, []);
  });
}

Deno.test("RealtimeSession tells a benign error with the client event that caused it, and goes on", () => {
  const rig = SessionRig.ready();
  rig.socket.deliver(apiError("response_cancel_not_active", "cancel-1"));
  rig.socket.deliver(apiError("invalid_value"));
  assert.deepEqual(rig.handler.told, [
    "error response_cancel_not_active by cancel-1",
    "error invalid_value by undefined",
  ]);
  assert.deepEqual(rig.socket.closes, []);
});

Deno.test("eventHandling() knows no type by two treatments, and no beta name by any", () => {
  const types = [...HANDLED, ...IGNORED, "response.output_audio.delta"];
  assert.equal(new Set(types).size, types.length);
  for (const type of types) assert.ok(eventHandling(type), type);
  for (
    const beta of ["response.audio.delta", "response.audio_transcript.delta", "conversation.item.created"]
  ) {
    assert.equal(eventHandling(beta), undefined, beta);
  }
});

const unreadable: Record<string, object> = {
  "an error that is null": { type: "error", error: null },
  "an error without one": { type: "error" },
  "an error whose code is an object": { type: "error", error: { code: {}, message: "What happened." } },
  "a response.done without its response": { type: "response.done" },
  "an item that is null": { type: "response.output_item.done", response_id: "resp_1", item: null },
  "a function call without a name": {
    type: "response.output_item.done",
    response_id: "resp_1",
    item: { type: "function_call", call_id: "call_1", arguments: "{}", status: "completed" },
  },
  "an id that is a novel": { type: "response.output_audio.done", item_id: "x".repeat(10_000) },
};

for (const [name, event] of Object.entries(unreadable)) {
  Deno.test(`RealtimeSession ignores and counts ${name}, and goes on`, () => {
    const rig = SessionRig.ready();
    rig.socket.deliver(event);
    rig.socket.deliver(audioDelta("AAAA"));
    assert.deepEqual(rig.handler.told, ["delta AAAA of item_a1 in resp_1"]);
    assert.equal(rig.session.stats.malformed, 1);
  });
}

Deno.test("RealtimeSession is ready by a session.updated that says nothing of the session", () => {
  for (const session of [null, undefined, 7, "text", { expires_at: {} }]) {
    const rig = new SessionRig();
    rig.socket.open();
    rig.socket.deliver({ type: "session.updated", session });
    assert.deepEqual(rig.handler.told, ["ready until Infinity"]);
  }
});

Deno.test("RealtimeSession tells whoever listens later what has come before, as far as it is kept, and once", () => {
  const rig = new SessionRig();
  rig.session.listen(undefined!); // nobody yet, as in a session that is opened ahead
  rig.socket.open();
  rig.socket.deliver(sessionUpdated());
  rig.handler.told.length = 0;
  const event = { type: "mcp_list_tools.failed", event_id: "e", item_id: "item_tools" };
  for (let i = 0; i < MAX_EARLY_EVENTS + 2; i++) rig.socket.deliver(event);
  rig.socket.deliver(audioDelta("AAAA"));
  rig.session.listen(rig.handler);
  assert.deepEqual(rig.handler.told, Array(MAX_EARLY_EVENTS).fill("event mcp_list_tools.failed"));
  rig.session.listen(rig.handler);
  assert.equal(rig.handler.told.length, MAX_EARLY_EVENTS);
});
