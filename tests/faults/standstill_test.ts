import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { ServeProcess } from "../support/serve_process.ts";
import { TempFolder } from "../support/temp_folder.ts";

const AUTH_TOKEN = "a test's auth token";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const PUBLIC_URL = "https://voice.example.com";
const CALLS = 5;
const STOPS_MS = [2_000, 3_000];
/** What the runtime and the machine lose by themselves. */
const MAX_MISSING_MS = 40;

Deno.test("A server that stands still for seconds puts no silence into calls, replaces no session, and loses no call", async () => {
  using temp = new TempFolder();
  const clock = new SystemClock();
  const say = { say: { toneMs: 400, transcript: "Hello." } };
  await using emulator = new EmulatedRealtimeApi({ clock, agent: scriptedAgent([say, say, say]) });
  const { server, port } = await ServeProcess.start({
    folder: temp.path,
    env: {
      PUBLIC_URL,
      OPENAI_API_KEY: "sk-test",
      OPENAI_REALTIME_URL: emulator.url,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      DATA_DIR: `${temp.path}/data`,
      DRAIN_SECONDS: "0",
    },
  });
  await using _ = server;
  const line = {
    clock,
    server: `http://127.0.0.1:${port}`,
    publicUrl: PUBLIC_URL,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
  };
  const callers = Array.from(
    { length: CALLS },
    () => new SimulatedCaller({ line, speech: CallerSpeech.tone(300, 60_000) }),
  );
  const placed = callers.map((caller) => caller.place());
  await eventually("all talk", () => server.log.split(`"event":"agent_ready"`).length > CALLS, 20_000);
  for (const stopMs of STOPS_MS) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await server.standStill(stopMs);
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  for (const caller of callers) caller.hangUp();
  await Promise.all(placed);
  const ended = () =>
    server.log.split("\n").filter((text) => text.includes(`"event":"call_ended"`)).map((text) =>
      JSON.parse(text)
    );
  await eventually("all are over", () => ended().length === CALLS, 20_000);
  for (const { reason, uplinkMissingMs } of ended()) {
    assert.equal(reason, "caller_hung_up");
    assert.ok(uplinkMissingMs <= MAX_MISSING_MS, `${uplinkMissingMs} ms of silence were put in`);
  }
  assert.ok(!server.log.includes("agent_down"), "no session is replaced");
  assert.equal(emulator.stats().sessionsOpened, CALLS);
});
