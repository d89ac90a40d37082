import assert from "node:assert/strict";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { Client } from "./client.ts";
import { eventually } from "../../support/eventually.ts";

Deno.test("EmulatedRealtimeApi greets a session with its whole configuration", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = new Client(emulator);
  const { session, event_id } = await client.next("session.created");
  assert.match(event_id, /^event_/);
  assert.equal(session.type, "realtime");
  assert.equal(session.model, "gpt-realtime-2.1");
  assert.deepEqual(session.audio.input.format, { type: "audio/pcm", rate: 24000 });
  assert.ok(Math.abs(session.expires_at - Date.now() / 1000 - 3600) < 5);
});

Deno.test("EmulatedRealtimeApi takes the key as a sub-protocol and echoes only what was offered", async () => {
  await using emulator = new EmulatedRealtimeApi({ apiKey: "sk-1" });
  await using client = new Client(emulator, { protocols: ["realtime", "openai-insecure-api-key.sk-1"] });
  await client.next("session.created");
  assert.equal(client.socket.protocol, "realtime");
  const headers = { authorization: "Bearer sk-1", "openai-safety-identifier": "caller-hash" };
  await using plain = new Client(emulator, { headers });
  await plain.next("session.created");
  assert.equal((await emulator.session(2)).safetyIdentifier, "caller-hash");
  assert.equal(plain.socket.protocol, "");
});

Deno.test("EmulatedRealtimeApi tells of a missing or wrong key, and of no model, after the upgrade", async () => {
  await using emulator = new EmulatedRealtimeApi({ apiKey: "sk-1" });
  const told = async (headers: Record<string, string>, model?: string) => {
    await using client = new Client(emulator, { headers, ...model !== undefined && { model } });
    const { error } = await client.next("error");
    const { code, reason } = await client.end();
    return [error.code, code, reason];
  };
  assert.deepEqual(await told({}), [null, 3000, "invalid_request_error"]);
  assert.deepEqual(await told({ authorization: "Bearer sk-2" }), [
    "invalid_api_key",
    3000,
    "invalid_request_error.invalid_api_key",
  ]);
  assert.deepEqual(await told({ authorization: "Bearer sk-1" }, ""), [
    "missing_model",
    4000,
    "invalid_request_error.missing_model",
  ]);
  const upgrade = { upgrade: "websocket", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" };
  assert.equal(await statusOf(emulator, "/v1/chat", upgrade), 404);
  assert.deepEqual(emulator.stats().refused, 4);
});

Deno.test("EmulatedRealtimeApi refuses the beta header after the upgrade", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = new Client(emulator, {
    headers: { authorization: "Bearer sk", "openai-beta": "realtime=v1" },
  });
  const { error } = await client.next("error");
  assert.equal(error.code, "beta_api_shape_disabled");
  assert.deepEqual(await client.end(), {
    code: 4000,
    reason: "invalid_request_error.beta_api_shape_disabled",
  });
});

Deno.test("EmulatedRealtimeApi does not know models that were shut down", async () => {
  await using emulator = new EmulatedRealtimeApi();
  await using client = new Client(emulator, { model: "gpt-4o-realtime-preview" });
  assert.equal((await client.next("error")).error.code, "invalid_model");
  assert.equal((await client.end()).code, 4000);
});

Deno.test("EmulatedRealtimeApi refuses upgrades by script, then takes them", async () => {
  await using emulator = new EmulatedRealtimeApi({
    script: [
      { failure: "refuse_upgrade", status: 503, sessions: [1, 2] },
      { failure: "refuse_key", sessions: 3 },
    ],
  });
  for (const _ of [1, 2]) {
    await using refused = new Client(emulator);
    await refused.end();
    assert.deepEqual(refused.events, []);
  }
  await using rejected = new Client(emulator);
  assert.equal((await rejected.next("error")).error.code, "invalid_api_key");
  assert.deepEqual(await rejected.end(), { code: 3000, reason: "invalid_request_error.invalid_api_key" });
  await using taken = new Client(emulator);
  await taken.next("session.created");
  assert.equal((await emulator.session(4)).number, 4);
  const { attempts, refused, sessionsOpened } = emulator.stats();
  assert.deepEqual({ attempts, refused, sessionsOpened }, { attempts: 4, refused: 3, sessionsOpened: 1 });
});

Deno.test("EmulatedRealtimeApi.stop() closes open sessions with 1001 and lets go of half-made connections", async () => {
  const emulator = new EmulatedRealtimeApi({ script: [{ failure: "ignore_upgrade", sessions: 2 }] });
  await using client = new Client(emulator);
  await client.next("session.created");
  const ignored = new Client(emulator);
  const mute = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(emulator.url).port) });
  await eventually("the emulator has seen it", () => emulator.stats().attempts === 2);
  await emulator.stop();
  assert.equal((await client.end()).code, 1001);
  await ignored.end();
  assert.equal(await mute.read(new Uint8Array(1)), null);
  mute.close();
  assert.equal(emulator.stats().sessionsOpen, 0);
  await emulator.stop();
});

async function statusOf(emulator: EmulatedRealtimeApi, path: string, headers: HeadersInit): Promise<number> {
  const { port } = new URL(emulator.url);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await conn.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\n${lines}\r\n`));
  const answer = await new Response(conn.readable).text();
  return Number(answer.slice(9, 12));
}
