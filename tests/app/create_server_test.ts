import assert from "node:assert/strict";
import {
  type BusinessDescription,
  BusinessesError,
  type CallRecord,
  ConfigError,
  createServer,
  defineTool,
  loadConfig,
  mergeRecords,
  type RecordStore,
  type Server,
  type ServerConfig,
  type ServerOptions,
} from "../../src/mod.ts";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { TempFolder } from "../support/temp_folder.ts";

const AUTH_TOKEN = "a test's auth token";
const PUBLIC_URL = "https://library.test";
const ACME: BusinessDescription = { name: "Acme Dental", numbers: ["+15550100000"], instructions: "Answer." };

const CONFIG: ServerConfig = {
  publicUrl: PUBLIC_URL,
  openaiApiKey: "sk-test",
  twilioAuthToken: AUTH_TOKEN,
};

/** A model that asks the tool `stock` after its greeting. */
const ASKS_STOCK = scriptedAgent([
  { say: { toneMs: 300, transcript: "Hello." } },
  { call: { name: "stock", arguments: { item: "tea" } } },
  { say: { toneMs: 300, transcript: "There are three." } },
]);

/** A store in memory that tells of each record. */
class ToldStore implements RecordStore {
  readonly records = new Map<string, CallRecord>();

  put(record: CallRecord): Promise<CallRecord> {
    const merged = mergeRecords(this.records.get(record.callSid), record);
    this.records.set(record.callSid, merged);
    return Promise.resolve(merged);
  }

  get(callSid: string): Promise<CallRecord | undefined> {
    return Promise.resolve(this.records.get(callSid));
  }

  spent() {
    return Promise.resolve({ durationMs: 0, costUsd: 0 });
  }

  deleteExpired(): Promise<number> {
    return Promise.resolve(0);
  }
}

/**
 * A server within a host's `Deno.serve`, and one call through it that says something and hears `heardMs` of answers.
 * @param basePath where the number's webhook is, before `/voice`
 */
async function callThrough(
  server: Server,
  clock: SystemClock,
  heardMs: number,
  basePath = "",
): Promise<SimulatedCaller> {
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request, info) => server.handles(request) ? server.fetch(request, info) : new Response("the host's own"),
  );
  const address = `http://127.0.0.1:${http.addr.port}`;
  try {
    assert.equal(await (await fetch(`${address}/menu`)).text(), "the host's own");
    const caller = new SimulatedCaller({
      line: {
        clock,
        server: address,
        publicUrl: PUBLIC_URL,
        accountSid: `AC${"1".repeat(32)}`,
        authToken: AUTH_TOKEN,
      },
      answer: { link: { url: `${basePath}/voice`, method: "POST" } },
    });
    const heard = ({ player }: SimulatedCaller) => player.heard(clock.now()).length / BYTES_PER_MS;
    const done = caller.place();
    assert.ok(await caller.until(() => heard(caller) >= 300, 10_000), "greeted");
    caller.speech.say(CallerSpeech.tone(300, 600));
    assert.ok(await caller.until(() => heard(caller) >= heardMs, 10_000), "answered");
    assert.equal(server.activeCalls, 1);
    caller.hangUp();
    assert.deepEqual((await done).problems, []);
    await eventually("the call is over", () => server.activeCalls === 0);
    return caller;
  } finally {
    await server.drain(0);
    await http.shutdown();
  }
}

Deno.test("createServer() takes a call beside a host's own routes, with a tool in code, and its record goes to the user's store", async () => {
  using folder = new TempFolder();
  const clock = new SystemClock();
  await using model = new EmulatedRealtimeApi({ clock, agent: ASKS_STOCK });
  const store = new ToldStore();
  const ended: CallRecord[] = [];
  const events: string[] = [];
  const asked: string[] = [];
  const stock = defineTool({
    name: "stock",
    description: "How many there are.",
    parameters: { type: "object", properties: { item: { type: "string" } }, required: ["item"] },
    run: ({ item }, { businessId }) => {
      asked.push(`${businessId}: ${item.toUpperCase()}`);
      return { left: 3 };
    },
  });
  await using server = await createServer({
    config: { ...CONFIG, dataDir: folder.path, realtimeUrl: model.url },
    businesses: [ACME],
    tools: [stock],
    records: store,
    onCallEnded: (record) => void ended.push(record),
    log: (_level, event, attributes) => {
      events.push(event);

      assert.equal(attributes.from ?? "…01", "…01", "numbers are masked");
    },
  });
  const caller = await callThrough(server, clock, 550);
  assert.deepEqual(asked, ["acme-dental: TEA"]);
  await eventually("the record is there", () => store.records.has(caller.callSid));
  const { business, transcript } = store.records.get(caller.callSid)!;
  assert.equal(business, "acme-dental");
  assert.deepEqual(transcript.flatMap(({ name, output }) => name ? [[name, output]] : []), [[
    "stock",
    '{"left":3}',
  ]]);
  assert.deepEqual(ended.map(({ callSid, reason }) => [callSid, reason]), [[
    caller.callSid,
    "caller_hung_up",
  ]]);
  assert.ok(events.includes("call_started") && events.includes("call_ended"));
  await eventually("no session is left", () => model.stats().sessionsOpen === 0);
});

Deno.test("two servers in one process know nothing of each other's calls, and a failing hook ends none", async () => {
  const clock = new SystemClock();
  await using model = new EmulatedRealtimeApi({ clock, agent: scriptedAgent([{ say: { toneMs: 700 } }]) });
  const events: Record<"one" | "two", string[]> = { one: [], two: [] };
  const make = (name: "one" | "two", options: Partial<ServerOptions> = {}) =>
    createServer({
      config: { ...CONFIG, realtimeUrl: model.url },
      businesses: [{ ...ACME, name }],
      records: false,
      log: (_level, event) => void events[name].push(event),
      ...options,
    });
  await using one = await make("one", { onCallEnded: () => Promise.reject(new Error("planted")) });
  await using two = await make("two");
  await Promise.all([callThrough(one, clock, 600), callThrough(two, clock, 600)]);
  for (
    const { length } of Object.values(events).map((all) => all.filter((event) => event === "call_ended"))
  ) {
    assert.equal(length, 1);
  }
  assert.ok(events.one.includes("call_ended_failed") && !events.two.includes("call_ended_failed"));
  await eventually("no session is left", () => model.stats().sessionsOpen === 0);
});

Deno.test("createServer() names the fields of a configuration that cannot be used", async () => {
  const config = { ...CONFIG, publicUrl: "voice.example.com", twilioAuthToken: undefined, maxCalls: 0 };
  await assert.rejects(createServer({ config, log: false }), (error: ConfigError) => {
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(error.problems.map(({ env }) => env), ["publicUrl", "maxCalls", "twilioAuthToken"]);
    return true;
  });
});

Deno.test("createServer() takes what loadConfig() has read", async () => {
  const config = loadConfig({
    env: {
      PUBLIC_URL,
      OPENAI_API_KEY: "sk",
      TWILIO_AUTH_TOKEN: "t",
      BUSINESSES: "/tmp/nowhere",
      OPENAI_PRICES: '{"models":{}}',
    },
  });
  await using server = await createServer({ config, records: false, log: false });
  const answer = await server.fetch(new Request(`${PUBLIC_URL}/healthz`));
  assert.equal(answer.status, 200);
  await answer.body?.cancel();
});

Deno.test("createServer() lists everything that is wrong with the businesses, as with files", async () => {
  const businesses = [
    { ...ACME, voice: "no voice" } as unknown as BusinessDescription,
    ACME,
    { ...ACME, id: "other" },
  ];
  await assert.rejects(createServer({ config: CONFIG, businesses, log: false }), (error: BusinessesError) => {
    assert.ok(error instanceof BusinessesError);
    assert.deepEqual(error.problems.map(({ file, path }) => [file, path]), [
      ["businesses[0]", "voice"],
      ["businesses[2]", "numbers[0]"],
    ]);
    return true;
  });
});

Deno.test("createServer() refuses a tool that bears the name of another of the business", async () => {
  const endCall = defineTool({
    name: "end_call",
    description: "",
    parameters: { type: "object" },
    run: () => undefined,
  });
  const make = createServer({
    config: CONFIG,
    businesses: [ACME],
    tools: () => [endCall, endCall],
    log: false,
  });
  await assert.rejects(make, { code: "tool_name_clash" });
  assert.throws(
    () => defineTool({ ...endCall, name: "a b", run: () => undefined, parameters: { type: "object" } }),
    {
      code: "tool_bad_name",
    },
  );
});

Deno.test("operations endpoints answer nobody while there is no admin token", async () => {
  await using server = await createServer({ config: CONFIG, businesses: [ACME], records: false, log: false });
  const answer = await server.fetch(new Request("http://127.0.0.1/metrics"));
  assert.equal(answer.status, 403);
  await answer.body?.cancel();
  assert.equal(server.handles(new Request("http://127.0.0.1/metrics")), true);
  assert.equal(server.handles(new Request("http://127.0.0.1/metrics/more")), false);
});

Deno.test("a tool that bears the name of another of a business in a file is left out, and calls are taken", async () => {
  using folder = new TempFolder();
  folder.write("acme.json", JSON.stringify({ ...ACME, tools: { builtIn: ["end_call"] } }));
  const clock = new SystemClock();
  await using model = new EmulatedRealtimeApi({ clock, agent: scriptedAgent([{ say: { toneMs: 700 } }]) });
  const events: string[] = [];
  await using server = await createServer({
    config: { ...CONFIG, businesses: folder.path, realtimeUrl: model.url },
    tools: [
      defineTool({
        name: "end_call",
        description: "",
        parameters: { type: "object" },
        run: () => undefined,
      }),
    ],
    records: false,
    log: (_level, event) => void events.push(event),
  });
  folder.write("acme.json", JSON.stringify({ ...ACME, voice: "cedar", tools: { builtIn: ["end_call"] } }));
  await server.reloadBusinesses();
  assert.ok(events.filter((event) => event === "businesses_loaded").length >= 2);
  await callThrough(server, clock, 600);
  assert.ok(events.includes("tools_left_out"));
  await eventually("no session is left", () => model.stats().sessionsOpen === 0);
});

Deno.test("a server below a path of its own takes calls there, and nothing beside it", async () => {
  const clock = new SystemClock();
  await using model = new EmulatedRealtimeApi({ clock, agent: scriptedAgent([{ say: { toneMs: 700 } }]) });
  const options = { businesses: [ACME], records: false, log: false } as const;
  const config = { ...CONFIG, publicUrl: `${PUBLIC_URL}/phone`, realtimeUrl: model.url };
  await using server = await createServer({ ...options, config, basePath: "/phone" });
  const statusOf = async (path: string) => {
    const answer = await server.fetch(new Request(PUBLIC_URL + path));
    await answer.body?.cancel();
    return answer.status;
  };
  assert.deepEqual([await statusOf("/phone/healthz"), await statusOf("/healthz")], [200, 404]);
  assert.equal(server.handles(new Request(`${PUBLIC_URL}/phone/media/stream/token`)), true);
  assert.equal(server.handles(new Request(`${PUBLIC_URL}/media/stream/token`)), false);
  await callThrough(server, clock, 600, "/phone");
  await eventually("no session is left", () => model.stats().sessionsOpen === 0);
  await assert.rejects(createServer({ ...options, config: CONFIG, basePath: "/phone" }), ConfigError);
});

Deno.test("a server that verifies nobody answers only this machine", async () => {
  const { twilioAuthToken: _, ...unsafe } = CONFIG;
  const options = { businesses: [ACME], records: false, log: false } as const;
  await assert.rejects(createServer({ ...options, config: unsafe }), ConfigError);
  await using server = await createServer({ ...options, config: { ...unsafe, insecure: true } });
  const statusFor = async (hostname: string, origin = "http://127.0.0.1:8080") => {
    const answer = await server.fetch(new Request(`${origin}/healthz`), { remoteAddr: { hostname } });
    await answer.body?.cancel();
    return answer.status;
  };
  assert.deepEqual([await statusFor("127.0.0.1"), await statusFor("192.0.2.1")], [200, 403]);
  assert.equal(await statusFor("127.0.0.1", PUBLIC_URL), 403, "what a tunnel passed on");
});
