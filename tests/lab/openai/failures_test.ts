import assert from "node:assert/strict";
import { scriptedAgent } from "../../../src/lab/openai/agents/scripted_agent.ts";
import type { Failure, FailureScript } from "../../../src/lab/openai/failures/failure_script.ts";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { burst, Client, type Json, silence } from "./client.ts";

const VAD = { audio: { input: { turn_detection: { type: "server_vad", silence_duration_ms: 200 } } } };
const TOOL = { call: { name: "lookup", arguments: { id: "a long argument" }, callId: "call_a" } };

/** An emulator that answers everything with a tone of one second, all at once. */
function emulatorWith(...script: Failure[]): EmulatedRealtimeApi {
  const fallback = { say: { toneMs: 1000, transcript: "one second of tone" } };
  return new EmulatedRealtimeApi({ speed: Infinity, agent: scriptedAgent([], { fallback }), script });
}

function emulatorWithTool(...script: Failure[]): EmulatedRealtimeApi {
  return new EmulatedRealtimeApi({
    speed: Infinity,
    agent: scriptedAgent([TOOL, { on: "tool_result" }]),
    script,
  });
}

function say(client: Client): void {
  client.append(burst(200));
  client.append(silence(200));
}

/** Waits for an end without a close frame: the runtime gives 1006, or 0 when it saw a reset. */
async function dropped(client: Client): Promise<void> {
  const { code } = await client.end();
  assert.ok(code === 1006 || code === 0, `closed with ${code}`);
}

function deltasOf(events: Json[]): number {
  return events.filter((event) => event.type === "response.output_audio.delta").length;
}

Deno.test("drop: the connection ends without a close frame, before session.updated", async () => {
  await using emulator = emulatorWith({ failure: "drop", at: { on: "session_update" }, sessions: 1 });
  await using client = new Client(emulator);
  await client.next("session.created");
  client.send({ type: "session.update", session: { type: "realtime" } });
  await dropped(client);
  assert.deepEqual(client.types, ["session.created"]);
  assert.deepEqual(emulator.sessions[0].record.end, { code: 1006, reason: "", by: "emulator" });
  await using second = await Client.open(emulator);
  assert.equal(second.closed, undefined);
});

Deno.test("drop: in the middle of a response's audio", async () => {
  await using emulator = emulatorWith({
    failure: "drop",
    at: { on: "audio", afterMs: 300, responses: 2 },
  });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  await client.next("response.done");
  client.send({ type: "response.create" });
  await dropped(client);
  assert.equal(deltasOf(client.events), 13);
  const { record } = emulator.sessions[0];
  assert.deepEqual([...record.audio.values()].map(({ sentMs }) => sentMs), [1000, 300]);
  assert.equal(record.responses[1].status, "in_progress");
});

Deno.test("drop: while a tool runs", async () => {
  await using emulator = emulatorWithTool({ failure: "drop", at: { on: "function_call" } });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  await dropped(client);
  assert.equal(client.types.at(-1), "response.output_item.done");
});

Deno.test("close: with a code and a reason, after what was sent before", async () => {
  await using emulator = emulatorWith({
    failure: "close",
    code: 1011,
    reason: "keepalive",
    at: { on: "function_call_output" },
  }, { failure: "close", code: 1012, at: { on: "response_created", responses: [1] } });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  assert.deepEqual(await client.end(), { code: 1012, reason: "" });
  assert.equal(client.types.at(-1), "response.created");
});

Deno.test("stall: nothing is read, sent or answered, and the connection stays open", async () => {
  await using emulator = emulatorWith({ failure: "stall", at: { on: "appended", afterMs: 200 } });
  const client = await Client.open(emulator, VAD);
  client.append(burst(300));
  const { record } = await emulator.session(1);
  await emulator.sessions[0].until(() => record.appended.ms === 200);
  client.append(silence(2000));
  client.send({ type: "response.create" });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(record.appended.ms, 200);
  assert.equal(client.socket.readyState, WebSocket.OPEN);
  assert.equal(client.types.at(-1), "input_audio_buffer.speech_started");
  await emulator.stop();
  await dropped(client);
});

Deno.test("stop_reading: nothing more is read, and what there is to say is still sent", async () => {
  await using emulator = emulatorWith(
    { failure: "stop_reading", at: { on: "appended", afterMs: 200 } },
    { failure: "inject", event: { type: "response.daydream.delta" }, at: { on: "elapsed", afterMs: 300 } },
  );
  const client = await Client.open(emulator, VAD);
  client.append(burst(200));
  const { record } = await emulator.session(1);
  await emulator.sessions[0].until(() => record.appended.ms === 200);
  for (let i = 0; i < 10; i++) client.append(silence(60_000)); // more than any system's buffers take
  while (client.types.at(-1) !== "response.daydream.delta") {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(record.appended.ms, 200);
  assert.ok(client.socket.bufferedAmount > 1_000_000, `${client.socket.bufferedAmount}`);
  await emulator.stop();
  await dropped(client);
});

Deno.test("error and inject: events that nobody asked for leave the session open", async () => {
  await using emulator = emulatorWith(
    { failure: "error", code: "server_error", at: { on: "session_updated" } },
    {
      failure: "inject",
      event: { type: "response.daydream.delta", delta: [1] },
      at: { on: "session_updated" },
    },
  );
  await using client = await Client.open(emulator);
  const { error } = await client.next("error");
  assert.deepEqual([error.type, error.code, error.event_id], ["server_error", "server_error", null]);
  assert.deepEqual((await client.next("response.daydream.delta")).delta, [1]);
  client.send({ type: "response.create" });
  await client.next("response.done");
  assert.deepEqual(emulator.stats().errors, { server_error: 1 });
});

Deno.test("expire: at a point, or when a short session's time is over", async () => {
  const clock = new ManualClock();
  const script: FailureScript = [
    { failure: "short_session", seconds: 90, sessions: 1 },
    { failure: "expire", at: { on: "elapsed", afterMs: 1000 }, sessions: 2 },
  ];
  await using emulator = new EmulatedRealtimeApi({ clock, script });
  await using short = new Client(emulator);
  const { session } = await short.next("session.created");
  assert.equal(session.expires_at, clock.epoch() / 1000 + 90);
  await using expired = new Client(emulator);
  await expired.next("session.created");
  clock.advance(1000);
  assert.equal((await expired.next("error")).error.code, "session_expired");
  await expired.end();
  assert.equal(short.closed, undefined);
  clock.advance(89_000);
  const { error } = await short.next("error");
  assert.equal(error.message, "Your session hit the maximum duration of 60 minutes.");
  assert.deepEqual(await short.end(), { code: 1001, reason: "invalid_request_error.session_expired" });
});

Deno.test("silent_model: a turn is committed and never answered", async () => {
  await using emulator = emulatorWith({ failure: "silent_model", turns: { from: 2 } });
  await using client = await Client.open(emulator, VAD);
  say(client);
  await client.next("response.done");
  say(client);
  await client.next("conversation.item.done");
  client.send({ type: "input_audio_buffer.clear" });
  await client.next("input_audio_buffer.cleared");
  assert.equal(emulator.stats().responsesStarted, 1);
  client.send({ type: "response.create" }); // a nudge is answered
  await client.next("response.done");
});

Deno.test("slow_response: the first output waits", async () => {
  const clock = new ManualClock();
  const script: FailureScript = [
    { failure: "slow_response", delayMs: 3000, responses: 1 },
    { failure: "slow_response", delayMs: Infinity, responses: 2 },
  ];
  await using emulator = new EmulatedRealtimeApi({ clock, script, speed: Infinity });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  await client.next("response.created");
  clock.advance(2999);
  assert.equal(emulator.stats().deltaAudioMs, 0);
  clock.advance(1);
  await client.next("response.done");
  client.send({ type: "response.create" });
  await client.next("response.created");
  clock.advance(60_000);
  client.send({ type: "response.cancel" });
  assert.equal((await client.next("response.done")).response.status, "cancelled");
});

Deno.test("response_fails: once, before any output or in the middle", async () => {
  await using emulator = emulatorWith(
    { failure: "response_fails", code: "insufficient_quota", responses: 1 },
    { failure: "response_fails", code: "server_error", afterMs: 300, responses: 2 },
  );
  await using client = await Client.open(emulator);
  const respond = async () => {
    client.send({ type: "response.create" });
    return (await client.next("response.done")).response;
  };
  const quota = await respond();
  assert.equal(quota.status, "failed");
  assert.deepEqual(quota.output, []);
  assert.equal(quota.usage, null);
  assert.equal(quota.status_details.type, "failed");
  assert.equal(quota.status_details.error.code, "insufficient_quota");
  const cut = await respond();
  assert.equal(cut.status_details.error.type, "server_error");
  assert.equal(cut.output[0].status, "incomplete");
  assert.equal(deltasOf(client.events), 3);
  assert.equal((await respond()).status, "completed");
  assert.equal(emulator.stats().responsesFailed, 2);
});

Deno.test("response_incomplete: by the content filter", async () => {
  await using emulator = emulatorWith({
    failure: "response_incomplete",
    reason: "content_filter",
    afterMs: 500,
  });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  const { response } = await client.next("response.done");
  assert.deepEqual(response.status_details, { type: "incomplete", reason: "content_filter" });
});

for (const after of ["speech_started", "response_done"] as const) {
  Deno.test(`late_deltas: a cancelled response goes on for a while after ${after}`, async () => {
    await using emulator = new EmulatedRealtimeApi({
      speed: 1,
      agent: scriptedAgent([{ say: { toneMs: 60_000 } }]),
      script: [{ failure: "late_deltas", count: 5, after }],
    });
    await using client = await Client.open(emulator, VAD);
    client.send({ type: "response.create" });
    await client.next("response.output_audio.delta");
    client.append(burst(200));
    await client.next("response.done");
    client.send({ type: "input_audio_buffer.clear" });
    await client.next("input_audio_buffer.cleared");
    const started = client.types.indexOf("input_audio_buffer.speech_started");
    const done = client.types.indexOf("response.done");
    const between = deltasOf(client.events.slice(started, done));
    const behind = deltasOf(client.events.slice(done));
    assert.deepEqual([between, behind], after === "speech_started" ? [5, 0] : [0, 5]);
  });
}

Deno.test("cut_function_call: arguments.done with cut JSON, item incomplete, response cancelled", async () => {
  await using emulator = emulatorWithTool({ failure: "cut_function_call", chars: 9 });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  const done = await client.next("response.function_call_arguments.done");
  assert.equal(done.arguments, '{"id":"a ');
  const { item } = await client.next("response.output_item.done");
  assert.deepEqual([item.status, item.arguments], ["incomplete", '{"id":"a ']);
  const { response } = await client.next("response.done");
  assert.deepEqual(response.status_details, { type: "cancelled", reason: "turn_detected" });
});

Deno.test("cut_function_call: held until the caller's speech cuts it", async () => {
  const clock = new ManualClock();
  await using emulator = new EmulatedRealtimeApi({
    clock,
    agent: scriptedAgent([TOOL]),
    script: [{ failure: "cut_function_call", chars: 9, holdMs: 60_000 }],
  });
  await using client = await Client.open(emulator, VAD);
  client.send({ type: "response.create" });
  await client.next("response.function_call_arguments.delta");
  client.append(burst(200));
  await client.next("response.function_call_arguments.done");
  const types = client.types;
  assert.ok(
    types.indexOf("input_audio_buffer.speech_started") <
      types.indexOf("response.function_call_arguments.done"),
  );
});

Deno.test("duplicate_arguments_done: the same call is announced twice and made once", async () => {
  await using emulator = emulatorWithTool({ failure: "duplicate_arguments_done", responses: 1 });
  await using client = await Client.open(emulator);
  client.send({ type: "response.create" });
  await client.next("response.done");
  const count = (type: string) => client.types.filter((each) => each === type).length;
  assert.equal(count("response.function_call_arguments.done"), 2);
  assert.equal(count("response.output_item.done"), 1);
});
