import assert from "node:assert/strict";
import fc from "fast-check";
import { plainAppend, readMessage } from "../../../src/lab/openai/client_event_schema.ts";

Deno.test("readMessage() gives an event or an error for any JSON, and never throws", () => {
  const type = fc.constantFrom(
    "session.update",
    "conversation.item.create",
    "response.create",
    "constructor",
  );
  const field = fc.dictionary(
    fc.constantFrom("type", "session", "item", "response", "role", "content", "audio", "__proto__"),
    fc.oneof(fc.jsonValue(), type, fc.constantFrom("realtime", "message", "user", "toString")),
  );
  const event = fc.oneof(
    fc.jsonValue(),
    fc.record({ type, session: field, item: field, response: field }, { requiredKeys: ["type"] }),
  );
  fc.assert(fc.property(event, (value) => {
    const { event: read, error } = readMessage(JSON.stringify(value));
    assert.ok(read || error);
    if (error) assert.match(error.code, /^(invalid_|unknown_|missing_)/);
  }));
});

Deno.test("plainAppend() takes plain appends and leaves everything else to the parser", () => {
  const head = '{"type":"input_audio_buffer.append","audio":"';
  assert.equal(plainAppend(`${head}AAAA"}`), "AAAA");
  assert.equal(plainAppend(`${head}"}`), "");
  assert.equal(plainAppend(`${head.replace(",", ",   ")}AAAA"}`), "AAAA");
  for (const rest of ['AAAA","event_id":"e"}', "AAAA", 'AA\\"AA"}', 'AAAA" }', "", '"']) {
    assert.equal(plainAppend(head + rest), undefined);
  }
  assert.equal(plainAppend('{"type":"input_audio_buffer.commit"}'), undefined);
});
