import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import { heardOnly, responseCancel, responseCreate } from "../../../src/call/conversation/client_events.ts";
import { LINES } from "../../../src/call/conversation/instructions.ts";

const ITALIAN = { ...DEFAULT_BUSINESS, instructions: "Sell pizza.", language: "it" };

Deno.test("responseCreate() keeps the business's instructions and its language in every line asked for", () => {
  for (const line of [ITALIAN.greeting.instructions, LINES.silence, LINES.end]) {
    assert.deepEqual(responseCreate("say-1", ITALIAN, { purpose: "prompt", instructions: line }), {
      type: "response.create",
      event_id: "say-1",
      response: {
        metadata: { slimline_request: "say-1" },
        instructions:
          "Sell pizza.\n\nBegin in Italian. Go on in another language only when the caller speaks it." +
          `\n\n${line}`,
        tool_choice: "none",
      },
    });
  }
});

Deno.test("responseCreate() leaves a response that is to follow the talk to the session's own instructions", () => {
  assert.deepEqual(responseCreate("say-2", ITALIAN, { purpose: "continue" }), {
    type: "response.create",
    event_id: "say-2",
    response: { metadata: { slimline_request: "say-2" } },
  });
});

Deno.test("heardOnly() truncates an item, and deletes one that nobody heard", () => {
  const item = { itemId: "item_1", responseId: "resp_1", heardMs: 700, sentMs: 900, receivedMs: 1_000 };
  assert.deepEqual(heardOnly(item), {
    type: "conversation.item.truncate",
    item_id: "item_1",
    content_index: 0,
    audio_end_ms: 700,
  });
  assert.deepEqual(heardOnly({ ...item, heardMs: 0 }), {
    type: "conversation.item.delete",
    item_id: "item_1",
  });
});

Deno.test("responseCancel() names the response; of one without an id it cancels whatever is being generated", () => {
  assert.deepEqual(responseCancel("resp_1"), {
    type: "response.cancel",
    event_id: "cancel-resp_1",
    response_id: "resp_1",
  });
  assert.deepEqual(responseCancel(""), { type: "response.cancel", event_id: "cancel-" });
});
