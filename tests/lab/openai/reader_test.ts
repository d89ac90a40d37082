import assert from "node:assert/strict";
import type { AgentRequest } from "../../../src/lab/openai/agent.ts";
import { readAloud } from "../../../src/lab/openai/agents/reader.ts";
import { spokenTones } from "../../../src/lab/openai/audio/tone.ts";
import { defaultConfig } from "../../../src/lab/openai/session_config.ts";

/** A request for a text, beside the conversation unless said otherwise. */
function asked(instructions: string, text: string, isInConversation = false): AgentRequest {
  const content = [{ type: "input_text" as const, text }];
  return {
    trigger: "instructions",
    responseNumber: 1,
    turnNumber: 0,
    config: { ...defaultConfig("sess_1", "gpt-realtime-2.1", 0), instructions },
    isInConversation,
    items: [{
      id: "item_1",
      object: "realtime.item",
      status: "completed",
      type: "message",
      role: "user",
      content,
    }],
    toolOutputs: [],
  };
}

Deno.test("readAloud() says the very text, when it is told to and beside the conversation", () => {
  const [speech, ...others] = readAloud(asked("Read aloud what comes.", "One moment, please.")) ?? [];
  assert.equal(others.length, 0);
  assert.ok(speech.kind === "speech" && speech.transcript === "One moment, please.");
  assert.ok(speech.clip.durationMs > 1_000 && speech.clip.durationMs < 2_500, `${speech.clip.durationMs} ms`);
  assert.equal(readAloud(asked("Be friendly.", "One moment, please.")), undefined);
  assert.equal(readAloud(asked("Read aloud what comes.", "One moment, please.", true)), undefined);
  assert.equal(readAloud(asked("Read aloud what comes.", "")), undefined);
});

Deno.test("spokenTones() makes texts that can be told apart", () => {
  const bytes = (text: string) => spokenTones(text).deltas("audio/pcmu", 10_000)[0].base64;
  assert.notEqual(bytes("One moment, please."), bytes("Two moments, please."));
  assert.equal(bytes("One moment."), bytes("One moment."));
});
