import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { OPERATORS_TOKEN, ServeProcess } from "../support/serve_process.ts";
import { CAN_MOUNT, SmallDisk } from "../support/small_disk.ts";

const AUTH_TOKEN = "a test's auth token";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const PUBLIC_URL = "https://voice.example.com";
const WAIT_MS = 30_000;

Deno.test({
  name:
    "slimline serve whose disk is full when calls end has their whole records once there is room, after a stop too",
  ignore: !CAN_MOUNT,
  fn: async () => {
    await using disk = (await SmallDisk.mount(2 ** 20))!;
    const clock = new SystemClock();
    await using emulator = new EmulatedRealtimeApi({
      clock,
      agent: scriptedAgent([{ say: { toneMs: 400, transcript: "Hello." } }]),
    });
    const options = {
      folder: disk.path,
      env: {
        PUBLIC_URL,
        OPENAI_API_KEY: "sk-test",
        OPENAI_REALTIME_URL: emulator.url,
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        DATA_DIR: `${disk.path}/data`,
        DRAIN_SECONDS: "0",
      },
    };
    const checkpoints = () =>
      disk.names("data/live").flatMap((folder) => disk.names(`data/live/${folder}`))
        .filter((name) => name.endsWith(".json"));
    /** What operators are told of a call: the reason in its record, and what that waits for. */
    const recordOf = async (port: number, callSid: string) => {
      const headers = { authorization: `Bearer ${OPERATORS_TOKEN}` };
      const answer = await fetch(`http://127.0.0.1:${port}/records?call=${callSid}`, { headers });
      const text = await answer.text();
      if (!answer.ok) return `${answer.status}`;
      return `${JSON.parse(text).reason} ${answer.headers.get("x-slimline-waits-for") ?? ""}`.trim();
    };
    const calls = async (port: number, number: number, meanwhile: () => void) => {
      const server = `http://127.0.0.1:${port}`;
      const line = { clock, server, publicUrl: PUBLIC_URL, accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN };
      const before = checkpoints().length;
      const callers = Array.from({ length: number }, () => new SimulatedCaller({ line }));
      const placed = callers.map((caller) => caller.place());
      await eventually("each has a checkpoint", () => checkpoints().length === before + number, WAIT_MS);
      meanwhile();
      for (const caller of callers) caller.hangUp();
      await Promise.all(placed);
      return callers.map(({ callSid }) => callSid);
    };
    let callSids: string[];
    {
      const { server, port } = await ServeProcess.start(options);
      await using _ = server;
      callSids = await calls(port, 3, () => disk.fill());
      await eventually("they are found all the same", async () => {
        const found = await Promise.all(callSids.map((callSid) => recordOf(port, callSid)));
        return found.every((record) => record === "caller_hung_up disk");
      }, WAIT_MS);
      assert.equal(checkpoints().length, 3);
      disk.empty();
      await eventually("they are stored", async () => {
        const found = await Promise.all(callSids.map((callSid) => recordOf(port, callSid)));
        return found.every((record) => record === "caller_hung_up");
      }, WAIT_MS);
      assert.equal(checkpoints().length, 0);
      callSids.push(...await calls(port, 2, () => disk.fill()));
      const stoppedMs = performance.now();
      server.signal("SIGTERM");
      assert.equal(await server.ended(), 0);
      assert.ok(performance.now() - stoppedMs < 10_000);
      assert.ok(!server.log.includes("record_lost"), server.log);
    }
    assert.equal(checkpoints().length, 2);
    disk.empty();
    const { server, port } = await ServeProcess.start(options);
    await using _ = server;
    await eventually("all are stored", async () => {
      const found = await Promise.all(callSids.map((callSid) => recordOf(port, callSid)));
      return found.every((record) => /^(caller_hung_up|server_died)$/.test(record));
    }, WAIT_MS);
  },
});
