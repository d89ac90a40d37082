import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import { sessionTerms } from "../../../src/call/conversation/instructions.ts";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { sessionRequest } from "../../../src/model/openai/session_request.ts";
import { Client } from "../../lab/openai/client.ts";

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
    requestOf({ turns: { ...DEFAULT_BUSINESS.turns, detection: { ...vad, idleTimeoutMs } } }).audio?.input
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

/** What the emulator, which is as strict as OpenAI, says to the request of a business. */
async function answerTo(business: Partial<Business>) {
  const session = requestOf(business);
  await using emulator = new EmulatedRealtimeApi();
  await using client = new Client(emulator);
  await client.next("session.created");
  client.send({ type: "session.update", session });
  await client.until((events) => events.length > 1);
  return { session, answer: client.events[1] };
}

Deno.test("sessionRequest() sends the fields of the API that a business sets, each in its place", async () => {
  const { session, answer } = await answerTo({
    voice: { id: "voice_1234" },
    answers: { maxTokens: "inf", speed: 1.2, reasoningEffort: "minimal", parallelToolCalls: false },
    truncation: { retentionRatio: 0.7, tokenLimit: 9_000 },
    noiseReduction: { type: "far_field", strength: 0.5 },
  });
  assert.equal(answer.type, "session.updated", JSON.stringify(answer.error));
  assert.deepEqual(session.audio?.output, {
    format: { type: "audio/pcmu" },
    voice: { id: "voice_1234" },
    speed: 1.2,
  });
  assert.deepEqual(session.reasoning, { effort: "minimal" });
  assert.deepEqual([session.max_output_tokens, session.parallel_tool_calls], ["inf", false]);
  assert.deepEqual(session.truncation, {
    type: "retention_ratio",
    retention_ratio: 0.7,
    token_limits: { post_instructions: 9_000 },
  });
  assert.deepEqual(session.audio?.input?.noise_reduction, { type: "far_field", strength: 0.5 });
});

Deno.test("sessionRequest() bounds answers, and leaves out what a business does not set", async () => {
  const { session, answer } = await answerTo({});
  assert.equal(answer.type, "session.updated", JSON.stringify(answer.error));
  assert.equal(session.max_output_tokens, 4_096);
  for (const field of ["reasoning", "parallel_tool_calls", "truncation", "prompt"]) {
    assert.ok(!(field in session), field);
  }
  assert.deepEqual(session.audio?.output, { format: { type: "audio/pcmu" }, voice: "marin" });
});

/** What a business sets, and what its transcription model is sent: OpenAI reference, `audio.input.transcription`. */
const TRANSCRIPTIONS: [NonNullable<Business["transcription"]>, Record<string, unknown>][] = [
  [{ model: "gpt-transcribe", language: "de", prompt: "names" }, {
    model: "gpt-transcribe",
    languages: ["de"],
  }],
  [
    {
      model: "gpt-live-transcribe",
      language: "de",
      languages: ["de", "fr"],
      keywords: ["Ada"],
      delay: "low",
    },
    {
      model: "gpt-live-transcribe",
      languages: ["de", "fr"],
      keywords: ["Ada"],
    },
  ],
  [{ model: "gpt-4o-transcribe", language: "de", keywords: ["Ada", "Bob"], delay: "low" }, {
    model: "gpt-4o-transcribe",
    language: "de",
    prompt: "Ada, Bob",
  }],
  [{ model: "whisper-1", languages: ["de", "fr"], prompt: "names", keywords: ["Ada"] }, {
    model: "whisper-1",
    prompt: "names",
  }],
  [{ model: "gpt-realtime-whisper", language: "de", prompt: "names", keywords: ["Ada"], delay: "low" }, {
    model: "gpt-realtime-whisper",
    language: "de",
    delay: "low",
  }],
];

Deno.test("sessionRequest() sends each transcription model only what it takes", async () => {
  for (const [transcription, wanted] of TRANSCRIPTIONS) {
    const { session, answer } = await answerTo({ transcription });
    assert.equal(answer.type, "session.updated", JSON.stringify(answer.error));
    assert.deepEqual(session.audio?.input?.transcription, wanted);
  }
});
