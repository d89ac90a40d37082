import assert from "node:assert/strict";
import { scriptedAgent } from "../../../src/lab/openai/agents/scripted_agent.ts";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { MAX_RECORDED_EVENTS } from "../../../src/lab/openai/session_record.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { burst, Client } from "./client.ts";

Deno.test("A client that goes away in the middle of everything leaves nothing behind", async () => {
  const clock = new ManualClock();
  await using emulator = new EmulatedRealtimeApi({
    clock,
    agent: scriptedAgent([{ say: { toneMs: 60_000 } }, { say: { toneMs: 60_000 } }]),
  });
  const client = await Client.open(emulator, {
    audio: {
      input: {
        transcription: { model: "gpt-4o-mini-transcribe" },
        turn_detection: { type: "server_vad", interrupt_response: false, idle_timeout_ms: 5000 },
      },
    },
  });
  client.send({ type: "response.create" });
  client.send({ type: "response.create", response: { conversation: "none" } });
  client.append(burst(300));
  client.append(new Int16Array(24 * 300));
  const [session] = emulator.sessions;
  await session.until(() => session.record.turns.length === 1);
  assert.ok(clock.pending > 2);
  client.socket.close(1000, "bye");
  assert.equal(await session.until(() => false), false);
  assert.equal(clock.pending, 0);
  assert.deepEqual(session.record.end, { code: 1000, reason: "bye", by: "client" });
  assert.equal(session.conversation.newestHeard, undefined);
  assert.equal(emulator.stats().sessionsOpen, 0);
  await client.end();
});

Deno.test("The record of a session keeps its newest events, and appends only as sums", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = await Client.open(emulator);
  for (let i = 0; i < MAX_RECORDED_EVENTS + 10; i++) {
    client.send({ type: "input_audio_buffer.clear", event_id: `e${i}` });
  }
  client.append(new Int16Array(2400));
  const { record } = emulator.sessions[0];
  await emulator.sessions[0].until(() => record.appended.count === 1);
  assert.equal(record.events.length, MAX_RECORDED_EVENTS);
  assert.equal(record.droppedEvents, 11); // the session.update is one of them
  assert.equal(record.events.at(-1)!.event.event_id, `e${MAX_RECORDED_EVENTS + 9}`);
  assert.deepEqual(record.appended, { count: 1, bytes: 4800, ms: 100 });
});

Deno.test("An agent that cannot be made is no client that went away: its error is thrown, and the client let go", async () => {
  const thrown: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    thrown.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  try {
    const mistake = new TypeError("no such agent");
    await using emulator = new EmulatedRealtimeApi({
      agent: () => {
        throw mistake;
      },
    });
    const socket = new WebSocket(`${emulator.url}?model=gpt-realtime`, [
      "realtime",
      "openai-insecure-api-key.key",
    ]);
    await new Promise((resolve) => socket.onclose = resolve);
    await emulator.stop();
    assert.deepEqual(thrown, [mistake]);
    assert.equal(emulator.stats().sessionsOpen, 0);
  } finally {
    removeEventListener("unhandledrejection", note);
  }
});
