import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import { sessionTerms } from "../../../src/call/conversation/instructions.ts";
import { sessionRequest } from "../../../src/model/openai/session_request.ts";

const requestOf = (business: Partial<Business>) =>
  sessionRequest({
    business: { ...DEFAULT_BUSINESS, ...business },
    ...sessionTerms({ ...DEFAULT_BUSINESS, ...business }),
    format: "pcmu",
    model: "gpt-realtime-2.1",
    tools: [],
  });

Deno.test("sessionRequest() gives the idle time-out of a business that has one, and no other", () => {
  const vad = { type: "server_vad" as const, threshold: 0.6, prefixPaddingMs: 200, silenceDurationMs: 400 };
  const detection = (idleTimeoutMs?: number) =>
    requestOf({ turns: { detection: { ...vad, idleTimeoutMs }, minInterruptionMs: 0 } }).audio?.input
      ?.turn_detection;
  const common = {
    type: "server_vad",
    threshold: 0.6,
    prefix_padding_ms: 200,
    silence_duration_ms: 400,
    create_response: true,
    interrupt_response: true,
  };
  assert.deepEqual(detection(), common);
  assert.deepEqual(detection(6_000), { ...common, idle_timeout_ms: 6_000 });
});

Deno.test("sessionRequest() tells the model which language to begin in", () => {
  assert.equal(requestOf({ instructions: "Answer." }).instructions, "Answer.");
  assert.equal(
    requestOf({ instructions: "Answer.", language: "it" }).instructions,
    "Answer.\n\nBegin in Italian. Go on in another language only when the caller speaks it.",
  );
});
