import assert from "node:assert/strict";
import { scriptedAgent } from "../../../src/lab/openai/agents/scripted_agent.ts";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { Client, type Json } from "./client.ts";

/** What a session is updated with, the code and the param of the error that it gives. */
const REFUSED: [Json, string, string][] = [
  [{}, "missing_required_parameter", "session.type"],
  [{ type: "transcription" }, "invalid_value", "session.type"],
  [{ type: "realtime", voice: "marin" }, "unknown_parameter", "session.voice"],
  [{ type: "realtime", modalities: ["audio"] }, "unknown_parameter", "session.modalities"],
  [{ type: "realtime", temperature: 0.8 }, "unknown_parameter", "session.temperature"],
  [
    { type: "realtime", input_audio_format: "g711_ulaw" },
    "unknown_parameter",
    "session.input_audio_format",
  ],
  [{ type: "realtime", turn_detection: null }, "unknown_parameter", "session.turn_detection"],
  [
    { type: "realtime", max_response_output_tokens: 1 },
    "unknown_parameter",
    "session.max_response_output_tokens",
  ],
  [
    { type: "realtime", audio: { input: { format: { type: "audio/pcmu", rate: 8000 } } } },
    "unknown_parameter",
    "session.audio.input.format.rate",
  ],
  [
    { type: "realtime", audio: { output: { format: { type: "audio/pcm", rate: 16000 } } } },
    "integer_below_min_value",
    "session.audio.output.format.rate",
  ],
  [
    { type: "realtime", audio: { output: { format: { type: "audio/pcm" } } } },
    "missing_required_parameter",
    "session.audio.output.format.rate",
  ],
  [{ type: "realtime", prompt: { id: "pmpt_1" } }, "invalid_value", "session.prompt"],
  [
    { type: "realtime", tools: [{ type: "function", name: "look up" }] },
    "invalid_value",
    "session.tools[0].name",
  ],
  [
    { type: "realtime", tools: [{ type: "mcp", server_label: "crm" }] },
    "missing_required_parameter",
    "session.tools[0].server_url",
  ],
  [
    { type: "realtime", tools: [{ type: "mcp", server_label: "crm", server_url: "u", tunnel_id: "t" }] },
    "invalid_value",
    "session.tools[0]",
  ],
  ...([
    [{ model: "gpt-transcribe", language: "en" }, "language"],
    [{ model: "gpt-live-transcribe", prompt: "Acme" }, "prompt"],
    [{ model: "whisper-1", keywords: ["Acme"] }, "keywords"],
    [{ model: "gpt-4o-transcribe", languages: ["en"] }, "languages"],
    [{ model: "gpt-4o-transcribe", delay: "low" }, "delay"],
    [{ model: "gpt-realtime-whisper", prompt: "Acme" }, "prompt"],
    [{ model: "whisper-1", prompt: "<b>" }, "prompt"],
    [{ model: "whisper-2" }, "model"],
    [{ model: "gpt-4o-transcribe-mini" }, "model"],
    [{ model: "gpt-transcribe", keywords: ["a\nb"] }, "keywords[0]"],
  ] as [Json, string][]).map(([transcription, field]): [Json, string, string] => [
    { type: "realtime", audio: { input: { transcription } } },
    "invalid_value",
    `session.audio.input.transcription.${field}`,
  ]),
  [{ type: "realtime", audio: { output: { voice: "bob" } } }, "invalid_value", "session.audio.output.voice"],
  [{ type: "realtime", audio: { output: { speed: 2 } } }, "invalid_value", "session.audio.output.speed"],
  [{ type: "realtime", output_modalities: ["text", "audio"] }, "invalid_value", "session.output_modalities"],
  [{ type: "realtime", output_modalities: [] }, "invalid_value", "session.output_modalities"],
  [
    { type: "realtime", audio: { input: { turn_detection: { type: "server_vad", threshold: 1.5 } } } },
    "invalid_value",
    "session.audio.input.turn_detection.threshold",
  ],
  [
    { type: "realtime", audio: { input: { turn_detection: { type: "server_vad", idle_timeout_ms: 100 } } } },
    "invalid_value",
    "session.audio.input.turn_detection.idle_timeout_ms",
  ],
  [
    {
      type: "realtime",
      audio: { input: { turn_detection: { type: "semantic_vad", idle_timeout_ms: 6000 } } },
    },
    "unknown_parameter",
    "session.audio.input.turn_detection.idle_timeout_ms",
  ],
  [
    { type: "realtime", tools: [{ type: "function", function: { name: "f" } }] },
    "missing_required_parameter",
    "session.tools[0].name",
  ],
  [
    { type: "realtime", tools: [{ type: "function" }] },
    "missing_required_parameter",
    "session.tools[0].name",
  ],
  [{ type: "realtime", tool_choice: "maybe" }, "invalid_value", "session.tool_choice"],
  [{ type: "realtime", max_output_tokens: 5000 }, "invalid_value", "session.max_output_tokens"],
  [{ type: "realtime", instructions: 5 }, "invalid_type", "session.instructions"],
  [{ type: "realtime", model: "gpt-realtime" }, "invalid_value", "session.model"],
];

Deno.test("session.update refuses what the API refuses, and changes nothing by it", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = new Client(emulator);
  const { session: created } = await client.next("session.created");
  for (const [i, [session, code, param]] of REFUSED.entries()) {
    client.send({ type: "session.update", event_id: `u${i}`, session });
    const { error } = await client.next("error");
    assert.deepEqual([error.code, error.param, error.event_id], [code, param, `u${i}`]);
    assert.equal(error.type, "invalid_request_error");
  }
  client.send({ type: "session.update", session: { type: "realtime" } });
  assert.deepEqual((await client.next("session.updated")).session, created);
  assert.equal(emulator.stats().errors.unknown_parameter, 8);
});

Deno.test("session.update changes only what is present, and null turns off", async () => {
  await using emulator = new EmulatedRealtimeApi();
  const full = {
    model: "gpt-realtime-2.1",
    output_modalities: ["audio"],
    instructions: "Be brief.",
    audio: {
      input: {
        format: { type: "audio/pcmu" },
        noise_reduction: { type: "near_field" },
        transcription: { model: "gpt-4o-mini-transcribe", language: "en", prompt: "names: …" },
        turn_detection: { type: "server_vad", threshold: 0.6, silence_duration_ms: 500 },
      },
      output: { format: { type: "audio/pcmu" }, voice: "cedar", speed: 1.1 },
    },
    tools: [{ type: "function", name: "f", description: "", parameters: { type: "object" } }],
    tool_choice: { type: "function", name: "f" },
    max_output_tokens: 4096,
    tracing: null,
    truncation: {
      type: "retention_ratio",
      retention_ratio: 0.8,
      token_limits: { post_instructions: 8000 },
    },
    prompt: null,
    include: ["item.input_audio_transcription.logprobs"],
  };
  await using client = await Client.open(emulator, full);
  const first = client.events.at(-1)!.session;
  assert.deepEqual(first.audio.input.turn_detection, {
    type: "server_vad",
    threshold: 0.6,
    prefix_padding_ms: 300,
    silence_duration_ms: 500,
    idle_timeout_ms: null,
    create_response: true,
    interrupt_response: true,
  });
  assert.deepEqual(first.audio.input.noise_reduction, { type: "near_field", strength: 1 });
  client.send({
    type: "session.update",
    session: {
      type: "realtime",
      tools: [],
      instructions: "",
      audio: { input: { turn_detection: null, transcription: null, noise_reduction: null } },
    },
  });
  const { session: second } = await client.next("session.updated");
  assert.deepEqual(second, {
    ...first,
    tools: [],
    instructions: "",
    audio: {
      input: {
        format: { type: "audio/pcmu" },
        turn_detection: null,
        transcription: null,
        noise_reduction: null,
      },
      output: first.audio.output,
    },
  });
});

Deno.test("session.update refuses thought and parallel calls of models that do not reason", async () => {
  const fields = [{ reasoning: { effort: "low" } }, { parallel_tool_calls: true }];
  const answers = async (model: string) => {
    await using emulator = new EmulatedRealtimeApi();
    await using client = new Client(emulator, { model });
    await client.next("session.created");
    const codes: string[] = [];
    for (const field of fields) {
      client.send({ type: "session.update", session: { type: "realtime", ...field } });
      const before = client.events.length;
      await client.until((events) =>
        events.slice(before).some(({ type }) => ["error", "session.updated"].includes(type))
      );
      const { type, error } = client.events.at(-1)!;
      codes.push(error?.code ?? type);
    }
    return codes;
  };
  assert.deepEqual(await answers("gpt-realtime-2.1-mini"), ["session.updated", "session.updated"]);
  assert.deepEqual(await answers("gpt-realtime-2025-08-28"), [
    "unsupported_parameter",
    "unsupported_parameter",
  ]);
});

Deno.test("session.update does not change the voice once it was heard", async () => {
  await using emulator = new EmulatedRealtimeApi({ agent: scriptedAgent([{ say: { toneMs: 100 } }]) });
  await using client = await Client.open(emulator, { audio: { output: { voice: "cedar" } } });
  client.send({ type: "response.create" });
  await client.next("response.done");
  const update = (voice: string) =>
    client.send({ type: "session.update", session: { type: "realtime", audio: { output: { voice } } } });
  update("marin");
  assert.equal((await client.next("error")).error.code, "cannot_update_voice");
  update("cedar");
  await client.next("session.updated");
});

Deno.test("What is no event of the API is refused and leaves the session open", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = await Client.open(emulator);
  client.socket.send("{");
  assert.equal((await client.next("error")).error.code, "invalid_json");
  client.send({ event_id: "e1" });
  assert.deepEqual((await client.next("error")).error, {
    type: "invalid_request_error",
    code: "invalid_event",
    message: "The 'type' field is missing.",
    param: "type",
    event_id: "e1",
  });
  client.send({ type: "output_audio_buffer.clear", event_id: "e2" });
  const unknown = (await client.next("error")).error;
  assert.deepEqual([unknown.event_id, unknown.code, unknown.param], ["e2", "invalid_value", "type"]);
  client.socket.send("[1]");
  await client.next("error");
  client.send({ type: "input_audio_buffer.append", audio: "a-b_" });
  const { error } = await client.next("error");
  assert.deepEqual([error.code, error.param], ["invalid_value", "audio"]);
  client.send({ type: "input_audio_buffer.clear" });
  await client.next("input_audio_buffer.cleared");
});
