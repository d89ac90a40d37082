import assert from "node:assert/strict";
import { scriptedAgent } from "../../../src/lab/openai/agents/scripted_agent.ts";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { audioBytes, burst, Client, type Json, silence } from "./client.ts";

const VAD = { type: "server_vad", threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 };

function withVad(fields: Json = {}): Json {
  return { audio: { input: { turn_detection: { ...VAD, ...fields } } } };
}

Deno.test("A spoken turn has the events of the API in their order", async () => {
  await using emulator = new EmulatedRealtimeApi({
    speed: Infinity,
    agent: scriptedAgent([{ say: { toneMs: 200, transcript: "One two" } }]),
  });
  await using client = await Client.open(emulator, withVad());
  const start = client.events.length;
  client.append(silence(1000));
  client.append(burst(600));
  client.append(silence(600));
  const { response } = await client.next("response.done");
  await client.next("rate_limits.updated");
  assert.deepEqual(client.types.slice(start), [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
  ]);
  const [started, stopped, committed, added] = client.events.slice(start);
  assert.equal(started.audio_start_ms, 700);
  assert.equal(stopped.audio_end_ms, 2100);
  assert.equal(started.item_id, committed.item_id);
  assert.equal(committed.previous_item_id, null);
  assert.deepEqual(added.item, {
    id: started.item_id,
    object: "realtime.item",
    type: "message",
    status: "completed",
    role: "user",
    content: [{ type: "input_audio", transcript: null }],
  });
  const assistant = client.events[start + 7];
  assert.equal(assistant.previous_item_id, started.item_id);
  assert.deepEqual([assistant.item.status, assistant.item.content], ["in_progress", []]);
  assert.equal(response.status, "completed");
  assert.deepEqual(response.output[0].content, [{ type: "output_audio", transcript: "One two" }]);
  assert.deepEqual(response.usage.input_token_details.audio_tokens, 14); // 1400 ms of the user
  assert.deepEqual(response.usage.output_token_details, { text_tokens: 2, audio_tokens: 4 });
});

Deno.test("Positions count all audio of the session, and a turn never reaches into the one before", async () => {
  await using emulator = new EmulatedRealtimeApi({ agent: scriptedAgent([], { fallback: null }) });
  await using client = await Client.open(emulator, withVad({ prefix_padding_ms: 1000 }));
  client.append(burst(200));
  client.append(silence(500));
  await client.next("response.done");
  client.append(silence(300));
  client.append(burst(200));
  client.append(silence(500));
  await client.next("response.done");
  const of = (type: string) => client.events.filter((event) => event.type === type);
  assert.deepEqual(of("input_audio_buffer.speech_started").map((e) => e.audio_start_ms), [0, 700]);
  assert.deepEqual(of("input_audio_buffer.speech_stopped").map((e) => e.audio_end_ms), [700, 1700]);
  const [session] = emulator.sessions;
  assert.deepEqual(session.record.turns.map(({ startMs, endMs }) => [startMs, endMs]), [[0, 700], [
    700,
    1700,
  ]]);
  assert.equal(session.record.appended.ms, 1700);
});

Deno.test("The threshold decides what is speech", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = await Client.open(emulator, withVad({ threshold: 1 }));
  const quiet = burst(400).map((sample) => sample / 10);
  client.append(quiet);
  client.send({ type: "session.update", session: { type: "realtime", ...withVad({ threshold: 0.3 }) } });
  await client.next("session.updated");
  assert.ok(!client.types.includes("input_audio_buffer.speech_started"));
  client.append(quiet);
  await client.next("input_audio_buffer.speech_started");
});

for (const type of ["audio/pcm", "audio/pcmu", "audio/pcma"] as const) {
  Deno.test(`The echo test says back the bytes of the turn in ${type}`, async () => {
    await using emulator = new EmulatedRealtimeApi({ speed: Infinity });
    const format = type === "audio/pcm" ? { type, rate: 24000 } : { type };
    await using client = await Client.open(emulator, {
      audio: { input: { format, turn_detection: null }, output: { format } },
    });
    client.send({ type: "response.create" });
    const greeting = (await client.next("response.done")).response;
    assert.equal(greeting.output[0].content[0].transcript, "(chime)");
    const bytes = type === "audio/pcm" ? 48 : 8;
    assert.equal(audioBytes(client.events, greeting.id), 900 * bytes);

    const said = Uint8Array.from({ length: 251 * bytes }, (_, i) => i * 7);
    const parts = [said.subarray(0, 333), said.subarray(333)];
    for (const part of parts) {
      client.send({ type: "input_audio_buffer.append", audio: btoa(String.fromCharCode(...part)) });
    }
    client.send({ type: "input_audio_buffer.commit" });
    client.send({ type: "response.create" });
    const { response } = await client.next("response.done");
    assert.equal(response.output[0].content[0].transcript, "(echo of 0.3 s)");
    const heard = client.events
      .filter((event) => event.type === "response.output_audio.delta" && event.response_id === response.id)
      .flatMap((event) => Array.from(atob(event.delta), (char) => char.charCodeAt(0)));
    assert.deepEqual(heard, [...said]);
  });
}

Deno.test("Manual turns: commit wants 100 ms, clear empties, no response is created", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = await Client.open(emulator, { audio: { input: { turn_detection: null } } });
  client.append(burst(90));
  client.send({ type: "input_audio_buffer.commit", event_id: "c1" });
  const { error } = await client.next("error");
  assert.equal(error.code, "input_audio_buffer_commit_empty");
  assert.equal(error.event_id, "c1");
  assert.match(error.message, /only has 90\.00ms/);
  client.append(burst(10));
  client.send({ type: "input_audio_buffer.commit" });
  await client.next("conversation.item.done");
  client.append(burst(200));
  client.send({ type: "input_audio_buffer.clear" });
  await client.next("input_audio_buffer.cleared");
  client.send({ type: "input_audio_buffer.commit" });
  await client.next("error");
  assert.ok(!client.types.includes("response.created"));
  assert.ok(!client.types.includes("input_audio_buffer.speech_started"));
});

Deno.test("Semantic VAD waits longer the less eager it is", async () => {
  await using emulator = new EmulatedRealtimeApi({ agent: scriptedAgent([], { fallback: null }) });
  await using client = await Client.open(emulator, {
    audio: { input: { turn_detection: { type: "semantic_vad", eagerness: "high" } } },
  });
  client.append(burst(200));
  client.append(silence(2500));
  const high = await client.next("input_audio_buffer.speech_stopped");
  client.send({
    type: "session.update",
    session: {
      type: "realtime",
      audio: { input: { turn_detection: { type: "semantic_vad", eagerness: "low" } } },
    },
  });
  client.append(burst(200));
  client.append(silence(2500));
  const low = await client.next("input_audio_buffer.speech_stopped");
  assert.equal(high.audio_end_ms, 700);
  assert.equal(low.audio_end_ms, 2700 + 2200);
});

Deno.test("Speech cancels the answer that is being made, and its open parts get their done events", async () => {
  await using emulator = new EmulatedRealtimeApi({
    speed: 1,
    agent: scriptedAgent([{ say: { toneMs: 60_000, transcript: "a long story" } }], { fallback: null }),
  });
  await using client = await Client.open(emulator, withVad());
  client.send({ type: "response.create" });
  await client.next("response.output_audio.delta");
  const start = client.events.length;
  client.append(burst(200));
  const { response } = await client.next("response.done");
  const types = client.types.slice(start).filter((type) => !type.endsWith(".delta"));
  assert.deepEqual(types.slice(0, 7), [
    "input_audio_buffer.speech_started",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
  ]);
  assert.equal(response.status, "cancelled");
  assert.deepEqual(response.status_details, { type: "cancelled", reason: "turn_detected" });
  assert.equal(response.output[0].status, "incomplete");
  client.append(silence(500));
  assert.equal((await client.next("response.created")).response.status, "in_progress");
});

Deno.test("Without interrupt_response the answer goes on, and the turn's own cannot be created", async () => {
  await using emulator = new EmulatedRealtimeApi({
    speed: 1,
    agent: scriptedAgent([{ say: { toneMs: 60_000 } }]),
  });
  await using client = await Client.open(emulator, withVad({ interrupt_response: false }));
  client.send({ type: "response.create" });
  await client.next("response.output_audio.delta");
  client.append(burst(200));
  client.append(silence(500));
  const { error } = await client.next("error");
  assert.equal(error.code, "conversation_already_has_active_response");
  assert.ok(!client.types.includes("response.done"));
});

Deno.test("Without create_response a turn is committed and not answered", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = await Client.open(emulator, withVad({ create_response: false }));
  client.append(burst(200));
  client.append(silence(500));
  await client.next("conversation.item.done");
  client.send({ type: "input_audio_buffer.clear" });
  await client.next("input_audio_buffer.cleared");
  assert.ok(!client.types.includes("response.created"));
});

Deno.test("idle_timeout_ms counts from the end of playback, commits the silence and answers it", async () => {
  const clock = new ManualClock();
  const triggers: string[] = [];
  await using emulator = new EmulatedRealtimeApi({
    clock,
    speed: Infinity,
    agent: scriptedAgent([], { onRequest: ({ trigger }) => triggers.push(trigger) }),
  });
  await using client = await Client.open(emulator, withVad({ idle_timeout_ms: 5000 }));
  client.send({ type: "response.create" }); // 500 ms of tone
  await client.next("response.done");
  client.append(silence(6000));
  const [session] = emulator.sessions;
  await session.until(() => session.record.appended.ms === 6000);
  client.send({ type: "session.update", session: { type: "realtime" } }); // puts nothing off
  await client.next("session.updated");
  clock.advance(5499);
  assert.equal(session.record.turns.length, 0);
  clock.advance(1);
  const idle = await client.next("input_audio_buffer.timeout_triggered");
  assert.deepEqual([idle.audio_start_ms, idle.audio_end_ms], [500, 6000]);
  assert.equal((await client.next("input_audio_buffer.committed")).item_id, idle.item_id);
  await client.next("response.done");
  assert.deepEqual(triggers, ["greeting", "idle"]);
});

Deno.test("Transcription comes when it is configured, in the order of the script", async () => {
  await using emulator = new EmulatedRealtimeApi({
    speed: Infinity,
    agent: scriptedAgent([], { userTranscripts: ["first", "second", "third", "fourth", "fifth"] }),
    script: [
      { failure: "transcription", order: "before_response", turns: 1 },
      { failure: "transcription", order: "after_response", turns: 2 },
      { failure: "transcription", order: "after_next_turn", turns: 3 },
      { failure: "transcription", order: "failed", turns: 5 },
    ],
  });
  const transcription = { model: "gpt-4o-mini-transcribe" };
  await using client = await Client.open(emulator, {
    audio: { input: { transcription, turn_detection: { ...VAD, silence_duration_ms: 200 } } },
  });
  for (let turn = 1; turn <= 5; turn++) {
    client.append(burst(200));
    client.append(silence(200));
    await client.next("response.done");
  }
  await client.until((events) => events.some(({ transcript }) => transcript === "third"));
  const order = client.events.flatMap((event) => {
    if (event.type === "response.created") return ["created"];
    if (event.type === "response.done") return ["done"];
    return event.type.includes("transcription.") && !event.type.endsWith("delta")
      ? [event.transcript ?? event.error.code]
      : [];
  });
  assert.deepEqual(order.slice(0, 6), ["first", "created", "done", "created", "done", "second"]);
  assert.ok(order.indexOf("third") === order.indexOf("fourth") + 1);
  assert.ok(order.includes("audio_unintelligible"));
  const [session] = emulator.sessions;
  const user = session.conversation.items.filter((item) => item.type === "message" && item.role === "user");
  assert.deepEqual(
    user.map((item) => item.type === "message" && item.content[0].transcript),
    ["first", "second", "third", "fourth", null],
  );
});
