import assert from "node:assert/strict";
import type { AgentRequest } from "../../../src/lab/openai/agent.ts";
import { scriptedAgent } from "../../../src/lab/openai/agents/scripted_agent.ts";
import { toneAgent } from "../../../src/lab/openai/agents/tone_agent.ts";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { audioBytes, Client } from "./client.ts";
import { eventually } from "../../support/eventually.ts";

Deno.test("Deltas come at the speed that was asked for, by the clock", async () => {
  const clock = new ManualClock();
  await using emulator = new EmulatedRealtimeApi({ clock, speed: 8, deltaMs: 100, agent: toneAgent(2) });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  await client.next("response.output_audio.delta");
  const { record } = emulator.sessions[0];
  const sent: number[] = [record.sentMs];
  for (let ms = 0; ms < 250; ms += 50) {
    clock.advance(50);
    sent.push(record.sentMs);
  }
  assert.deepEqual(sent, [100, 500, 900, 1300, 1700, 2000]);
  await client.next("response.done");
  assert.equal(clock.pending, 2); // only the session's expiry and the next ping
});

Deno.test("One response at a time in the conversation, others beside it", async () => {
  await using emulator = new EmulatedRealtimeApi({
    speed: 1,
    agent: scriptedAgent([{ say: { toneMs: 60_000 } }, { say: { toneMs: 100, transcript: "Summary." } }]),
  });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  const { response: active } = await client.next("response.created");
  client.send({ type: "response.create", event_id: "second" });
  const { error } = await client.next("error");
  assert.equal(error.code, "conversation_already_has_active_response");
  assert.equal(error.event_id, "second");
  client.send({
    type: "response.create",
    response: { conversation: "none", output_modalities: ["text"], metadata: { purpose: "summary" } },
  });
  const { response: beside } = await client.next("response.done");
  assert.deepEqual(beside.metadata, { purpose: "summary" });
  assert.equal(beside.conversation_id, null);
  assert.deepEqual(beside.output[0].content, [{ type: "output_text", text: "Summary." }]);
  assert.equal(emulator.sessions[0].conversation.items.length, 1);

  client.send({ type: "response.cancel", response_id: active.id });
  const { response } = await client.next("response.done");
  assert.equal(response.id, active.id);
  assert.deepEqual(response.status_details, { type: "cancelled", reason: "client_cancelled" });
  client.send({ type: "response.cancel" });
  assert.equal((await client.next("error")).error.code, "response_cancel_not_active");
  const { responsesStarted, responsesDone, responsesCancelled } = emulator.stats();
  assert.deepEqual([responsesStarted, responsesDone, responsesCancelled], [2, 2, 1]);
});

Deno.test("The fields of response.create reach the agent and override the session for that response", async () => {
  const requests: AgentRequest[] = [];
  await using emulator = new EmulatedRealtimeApi({
    speed: Infinity,
    agent: scriptedAgent(
      [{ say: { toneMs: 100 }, call: { name: "f", arguments: {} } }, { say: { toneMs: 400 } }],
      { onRequest: (request) => requests.push(request) },
    ),
  });
  await using client = await Client.open(emulator);
  client.send({
    type: "response.create",
    response: {
      instructions: "Greet.",
      tool_choice: "none",
      metadata: { purpose: "greeting" },
      audio: { output: { format: { type: "audio/pcmu" } } },
    },
  });
  const { response } = await client.next("response.done");
  assert.equal(response.output.length, 1); // nothing is called with tool_choice none
  assert.equal(audioBytes(client.events, response.id), 800);
  assert.equal(requests[0].trigger, "greeting");
  assert.equal(requests[0].instructions, "Greet.");
  client.send({ type: "response.create", response: { max_output_tokens: 4 } });
  const { response: cut } = await client.next("response.done");
  assert.equal(requests[1].trigger, "instructions");
  assert.deepEqual(cut.status_details, { type: "incomplete", reason: "max_output_tokens" });
  assert.equal(audioBytes(client.events, cut.id), 200 * 48);
  client.send({ type: "response.create", response: { modalities: ["text"] } });
  assert.equal((await client.next("error")).error.param, "response.modalities");
  client.send({ type: "response.create", response: { metadata: { a: "x".repeat(513) } } });
  assert.equal((await client.next("error")).error.param, "response.metadata.a");
});

Deno.test("A function call runs from its arguments to the answer to its output", async () => {
  const requests: AgentRequest[] = [];
  await using emulator = new EmulatedRealtimeApi({
    speed: Infinity,
    agent: scriptedAgent(
      [
        {
          call: [{ name: "lookup", arguments: { id: "42" }, callId: "call_a" }, {
            name: "time",
            arguments: "{}",
          }],
        },
        { on: "tool_result", say: { toneMs: 100 } },
      ],
      { onRequest: (request) => requests.push(request) },
    ),
  });
  await using client = await Client.open(emulator);
  const start = client.events.length;
  client.send({ type: "response.create" });
  const { response } = await client.next("response.done");
  assert.deepEqual(client.types.slice(start, start + 8), [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "conversation.item.done",
    "response.output_item.done",
  ]);
  const [call, second] = response.output;
  assert.deepEqual(call, {
    id: call.id,
    object: "realtime.item",
    type: "function_call",
    status: "completed",
    name: "lookup",
    call_id: "call_a",
    arguments: '{"id":"42"}',
  });
  for (const [call_id, output] of [["call_a", "1"], [second.call_id, "2"]]) {
    client.send({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id, output },
    });
  }
  client.send({ type: "response.create" });
  await client.next("response.done");
  assert.equal(requests[1].trigger, "tool_result");
  assert.deepEqual(requests[1].toolOutputs.map(({ output }) => output), ["1", "2"]);
});

Deno.test("Usage counts what the previous response was given as cached", async () => {
  await using emulator = new EmulatedRealtimeApi({ speed: Infinity, agent: toneAgent(1) });
  await using client = await Client.open(emulator, { instructions: "x".repeat(1000) });
  client.send({ type: "response.create" });
  const first = (await client.next("response.done")).response.usage;
  assert.deepEqual(first.input_token_details, {
    text_tokens: 250,
    audio_tokens: 0,
    image_tokens: 0,
    cached_tokens: 0,
    cached_tokens_details: { text_tokens: 0, audio_tokens: 0, image_tokens: 0 },
  });
  assert.equal(first.output_token_details.audio_tokens, 20);
  assert.equal(first.total_tokens, first.input_tokens + first.output_tokens);
  client.send({ type: "response.create" });
  const second = (await client.next("response.done")).response.usage;
  assert.equal(second.input_token_details.audio_tokens, 20);
  assert.equal(second.input_token_details.cached_tokens, 192);
});

Deno.test("networkDelayMs holds back messages both ways, in order", async () => {
  const clock = new ManualClock();
  await using emulator = new EmulatedRealtimeApi({
    clock,
    speed: Infinity,
    networkDelayMs: 75,
    agent: toneAgent(1),
  });
  await using client = new Client(emulator);
  const session = await emulator.session(1);
  clock.advance(75);
  await client.next("session.created");
  client.send({ type: "response.create" });
  await eventually("three deadlines are awaited", () => clock.pending >= 3);
  assert.equal(session.record.events.length, 0);
  clock.advance(75);
  assert.equal(session.record.events.length, 1);
  assert.equal(client.events.length, 1);
  clock.advance(75);
  await client.next("response.done");
  assert.equal(session.record.sentMs, 1000);
});

Deno.test("A call of an MCP server ends its response, and what follows is the client's to ask for", async () => {
  const requests: AgentRequest[] = [];
  const mcp = [
    { serverLabel: "bookings", name: "find", arguments: { id: 4 }, output: "at eight" },
    { serverLabel: "bookings", name: "book", output: { error: "Taken." } },
  ];
  await using emulator = new EmulatedRealtimeApi({
    agent: scriptedAgent([{ mcp }, { say: { toneMs: 100 } }], {
      onRequest: (request) => void requests.push(request),
    }),
  });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  const { response } = await client.next("response.done");
  const begin = client.types.indexOf("response.created") + 1;
  const ofOne = (end: string) => [
    "response.output_item.added",
    "conversation.item.added",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
    "response.mcp_call.in_progress",
    `response.mcp_call.${end}`,
    "conversation.item.done",
    "response.output_item.done",
  ];
  assert.deepEqual(client.types.slice(begin, begin + 16), [...ofOne("completed"), ...ofOne("failed")]);
  const [found, booked] = response.output;
  assert.deepEqual(found, {
    id: found.id,
    type: "mcp_call",
    server_label: "bookings",
    name: "find",
    arguments: '{"id":4}',
    approval_request_id: null,
    output: "at eight",
    error: null,
  });
  assert.deepEqual([booked.output, booked.error], [null, {
    type: "tool_execution_error",
    message: "Taken.",
  }]);
  client.send({ type: "response.create" });
  await client.next("response.done");
  assert.equal(requests[1].trigger, "tool_result");
});

Deno.test("Pieces of text and transcripts hide their length; audio and arguments do not", async () => {
  await using emulator = new EmulatedRealtimeApi({
    speed: Infinity,
    agent: scriptedAgent([{
      say: { toneMs: 500, transcript: "Good morning to you" },
      call: { name: "look_up", arguments: { id: 1 } },
    }]),
  });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  await client.next("response.done");
  const deltas = client.events.filter(({ type }) => type.endsWith(".delta"));
  const hidden = deltas.filter(({ type }) => type === "response.output_audio_transcript.delta");
  assert.ok(hidden.length > 0);
  for (const { delta, obfuscation } of hidden) {
    assert.match(obfuscation, /^\w+$/);
    assert.equal((delta.length + obfuscation.length) % 16, 0);
  }
  assert.ok(
    deltas.filter((event) => !hidden.includes(event)).every(({ obfuscation }) => obfuscation === undefined),
  );
});

Deno.test("The first output comes answerAfterMs after the response began", async () => {
  const clock = new ManualClock();
  await using emulator = new EmulatedRealtimeApi({ clock, agent: toneAgent(1), answerAfterMs: 400 });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  await client.next("response.created");
  clock.advance(399);
  assert.equal(emulator.sessions[0].record.sentMs, 0);
  clock.advance(1);
  assert.ok(emulator.sessions[0].record.sentMs > 0);
});

Deno.test("The tools of an MCP server are listed once, when an update names it", async () => {
  const tools = [{ name: "search", description: "Searches.", input_schema: { type: "object" } }];
  await using emulator = new EmulatedRealtimeApi({
    agent: () => ({
      reply: () => [],
      mcpTools: (label) => label === "crm" ? tools : "unreachable",
    }),
  });
  const server = (label: string) => ({ type: "mcp", server_label: label, server_url: "https://mcp.test" });
  await using client = await Client.open(emulator, { tools: [server("crm"), server("gone")] });
  const { item_id } = await client.next("mcp_list_tools.in_progress");
  const { item } = await client.next("conversation.item.done");
  assert.deepEqual(item, { id: item_id, type: "mcp_list_tools", server_label: "crm", tools });
  await client.next("mcp_list_tools.failed");
  client.send({ type: "session.update", session: { type: "realtime", tools: [server("crm")] } });
  await client.next("session.updated");
  client.send({ type: "input_audio_buffer.clear" });
  await client.next("input_audio_buffer.cleared");
  assert.equal(client.types.filter((type) => type === "mcp_list_tools.in_progress").length, 2);
});

Deno.test("A response in another voice is refused once audio was heard", async () => {
  await using emulator = new EmulatedRealtimeApi({ speed: Infinity, agent: toneAgent(0.2) });
  await using client = await Client.open(emulator);
  const inVoice = (voice: string) =>
    client.send({ type: "response.create", response: { audio: { output: { voice } } } });
  inVoice("cedar");
  await client.next("response.done");
  inVoice("cedar");
  const { error } = await client.next("error");
  assert.deepEqual([error.code, error.param], ["cannot_update_voice", "response.audio.output.voice"]);
  inVoice("marin");
  await client.next("response.done");
});
