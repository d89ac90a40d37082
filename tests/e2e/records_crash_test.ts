import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { ServeProcess } from "../support/serve_process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { eventually } from "../support/eventually.ts";

const AUTH_TOKEN = "a test's auth token";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const PUBLIC_URL = "https://voice.example.com";
const CALLS = 5;
const WAIT_MS = 30_000;

Deno.test("slimline serve that is killed in the middle of calls has their partial records at its next start", async () => {
  using temp = new TempFolder();
  const clock = new SystemClock();
  await using emulator = new EmulatedRealtimeApi({
    clock,
    agent: scriptedAgent([{ say: { toneMs: 400, transcript: "Hello." } }]),
  });
  const options = {
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
  };
  const callSids: string[] = [];
  {
    const { server, port } = await ServeProcess.start(options);
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
      () => new SimulatedCaller({ line, speech: CallerSpeech.silence(20_000) }),
    );
    callSids.push(...callers.map(({ callSid }) => callSid));
    const placed = callers.map((caller) => caller.place());
    const checkpoints = () =>
      temp.names("data/live").flatMap((folder) => temp.names(`data/live/${folder}`))
        .filter((name) => name.endsWith(".json"));
    await eventually("each call has a checkpoint", () => checkpoints().length === CALLS, WAIT_MS);
    await server.kill();
    for (const caller of callers) caller.hangUp();
    await Promise.all(placed);
  }

  const { server } = await ServeProcess.start(options);
  {
    await using _ = server;
    await eventually("the records are stored", () => {
      return server.log.includes('"service":"records"') && temp.names("data/outbox/store").length === 0;
    }, WAIT_MS);
  }
  using store = await SqliteRecordStore.open(`${temp.path}/data/records.db`, Date.now);
  for (const callSid of callSids) {
    const record = await store.get(callSid);
    assert.ok(record, `the record of ${callSid}`);
    assert.deepEqual([record.reason, record.isPartial, record.streams], ["server_died", true, 1]);
  }
  assert.deepEqual(temp.names("data/live"), []);
  assert.equal(server.log.match(/"event":"call_recovered"/g)?.length, CALLS);
});

Deno.test("slimline serve whose data folder cannot be written to says so at its start, and serves", async () => {
  using temp = new TempFolder();
  await Deno.writeTextFile(`${temp.path}/data`, "a file in the folder's place");
  const { server, port } = await ServeProcess.start({
    folder: temp.path,
    env: {
      PUBLIC_URL,
      OPENAI_API_KEY: "sk-test",
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      DATA_DIR: `${temp.path}/data`,
    },
  });
  await using _ = server;
  await eventually("it is said", () => server.log.includes("data_folder_unusable"), WAIT_MS);
  assert.match(server.log, /"level":"error","event":"data_folder_unusable"/);
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
  assert.equal(answer.status, 200, await answer.text());
});
