import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type Business, DEFAULT_BUSINESS, DEFAULT_KNOWLEDGE } from "../../src/businesses/business.ts";
import type { AgentFactory } from "../../src/lab/openai/agent.ts";
import { tone } from "../../src/lab/openai/audio/tone.ts";
import type { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import type { CallRecord } from "../../src/records/call_record.ts";
import type { ServiceReport } from "../../src/observability/memory/memory_report.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { EmbeddingsEndpoint } from "../support/embeddings_endpoint.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";
import {
  AGAIN,
  ANSWER,
  call,
  GREETING,
  outputs,
  QUICK,
  say,
  sessions,
  Talk,
  tools,
} from "../support/talk.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";
import { eventually } from "../support/eventually.ts";

const WAIT_MS = 60_000;
/** A turn, and time to hear the answer. */
const SPEECH = CallerSpeech.join(
  CallerSpeech.silence(1_000),
  CallerSpeech.tone(300, 600),
  CallerSpeech.silence(20_000),
);

/** Says what its session was told: the mark of its instructions, and what its tool gives, if only a search. */
const markedAgent: AgentFactory = () => ({
  keepsAudio: false,
  transcribe: () => "call me back at 415 555 0123",
  reply({ config, trigger, toolOutputs }) {
    const mark = /MARK-\w+/.exec(config.instructions)?.[0] ?? "no mark";
    const speech = (transcript: string) => [{ kind: "speech" as const, clip: tone(300), transcript }];
    const name = config.tools.map((tool) => tool.type === "function" ? tool.name : undefined)
      .find((name) => name?.startsWith("look_up") || name === "search_knowledge");
    const args = name === "search_knowledge" ? { question: "Where is the key?" } : { id: mark };
    if (trigger === "turn" && name) return [{ kind: "function_call", name, arguments: args }];
    return speech(trigger === "tool_result" ? `${mark} got ${toolOutputs[0].output}` : `${mark} greets`);
  },
});

/** What a business of this mark is to the world. */
function marked(mark: string, number: string, endpoint: ToolEndpoint): Partial<Business> {
  return {
    ...QUICK,
    id: mark.toLowerCase(),
    numbers: [number],
    instructions: `You are MARK-${mark}.`,
    tools: { ...DEFAULT_BUSINESS.tools, builtIn: [], http: [endpoint.tool(`look_up_${mark.toLowerCase()}`)] },
  };
}

/** Places calls at once, and has all of them hang up when each has been served by `isServed`. */
async function callAndHangUp(
  callers: SimulatedCaller[],
  isServed: () => boolean,
  meanwhile = () => Promise.resolve(),
) {
  const placed = callers.map((caller) => caller.place());
  await eventually(
    "all callers are connected",
    () => callers.every(({ isConnected }) => isConnected),
    WAIT_MS,
  );
  await meanwhile();
  await eventually("all callers are served", isServed, WAIT_MS);
  for (const caller of callers) caller.hangUp();
  return await Promise.all(placed);
}

/** That so many sessions have greeted, called the tool, and answered by what it gave. */
function hasAnswered(rig: BridgeRig, count: number): () => boolean {
  const isDone = ({ status }: { status: string }) => status === "completed";
  return () =>
    rig.emulator.sessions.filter(({ record }) => record.responses.filter(isDone).length >= 3).length >= count;
}

mongoTest(
  "MongoDB is killed during ten calls and comes back: every record arrives, once, and calls notice only that knowledge is out of reach",
  async (server) => {
    using temp = new TempFolder();
    await using embeddings = new EmbeddingsEndpoint();
    await using rig = await BridgeRig.start({
      env: { DATA_DIR: temp.path, MONGODB_URI: server.uri, OPENAI_BASE_URL: embeddings.url },
      keepsRecords: true,
      emulator: { agent: markedAgent },
      business: { ...QUICK, ...tools({ builtIn: [], fillerAfterMs: WAIT_MS }), knowledge: DEFAULT_KNOWLEDGE },
    });
    const call = (count: number) => Array.from({ length: count }, () => rig.caller({ speech: SPEECH }));
    const answers = () => rig.emulator.sessions.flatMap(outputs).map(({ output }) => output);
    const [first] = await callAndHangUp(call(1), hasAnswered(rig, 1)); // MongoDB is connected now
    assert.match(answers()[0], /"passages":\[\]/);
    const { services } = await (await rig.get("/memory")).json();
    const mongodb = services.find(({ name }: ServiceReport) => name === "mongodb");
    assert.ok(mongodb?.measures.connections >= 1, JSON.stringify(services));
    const metrics = await (await rig.get("/metrics")).text();
    assert.match(metrics, /^slimline_services\{service="mongodb"\} 1$/m);
    {
      await using client = server.client();
      await eventually("the first record is there", async () => {
        return await client.db().collection("calls").countDocuments() === 1;
      }, WAIT_MS);
    }

    const reports = await callAndHangUp(call(10), hasAnswered(rig, 11), () => server.kill());
    await eventually("all have ended", () => rig.ended.length === 11, WAIT_MS);
    assert.deepEqual([...new Set(rig.ended.map(({ reason }) => reason))], ["caller_hung_up"]);
    assert.equal(answers().length, 11);
    for (const answer of answers().slice(1)) assert.match(answer, /out of reach/);
    await eventually("all records wait", () => temp.names("outbox/store").length === 10, WAIT_MS);
    assert.deepEqual(reports.flatMap(({ problems }) => problems), []);

    await server.restart();
    await eventually("nothing waits", () => temp.names("outbox/store").length === 0, WAIT_MS);
    await using client = server.client();
    const records = await client.db().collection<{ _id: string; revision: number }>("calls").find().toArray();
    assert.deepEqual(
      records.map(({ _id }) => _id).toSorted(),
      [first, ...reports].map(({ callSid }) => callSid).toSorted(),
    );
    assert.deepEqual([...new Set(records.map(({ revision }) => revision))], [1], "each was written once");

    await callAndHangUp(call(1), hasAnswered(rig, 12));
    assert.match(answers()[11], /"passages":\[\]/, "knowledge is within reach again");
  },
  { kills: true },
);

Deno.test("The record of a call: what was said, used and heard, redacted", async () => {
  using temp = new TempFolder();
  await using endpoint = new ToolEndpoint(() => ({ mail: "ann@example.com" }));
  await using rig = await BridgeRig.start({
    env: { DATA_DIR: temp.path },
    keepsRecords: true,
    emulator: { agent: markedAgent, script: [{ failure: "transcription", order: "before_response" }] },
    business: marked("ADA", "+15550100000", endpoint),
  });
  const caller = rig.caller({ speech: SPEECH });
  await callAndHangUp([caller], hasAnswered(rig, 1));
  let answer = new Response();
  await eventually("the record is there", async () => {
    await answer.body?.cancel();
    answer = await rig.get(`/records?call=${caller.callSid}`);
    return answer.status === 200;
  });
  const record: CallRecord = await answer.json();
  const [greeting, turn, tool] = record.transcript;
  assert.deepEqual([greeting.text, turn.text], ["MARK-ADA greets", "call me back at [telephone number]"]);
  assert.deepEqual([tool.name, tool.arguments, tool.output], [
    "look_up_ada",
    '{"id":"MARK-ADA"}',
    '{"mail":"[e-mail address]"}',
  ]);
  assert.deepEqual([record.from, record.to, record.direction], [caller.from, caller.to, "inbound"]);
  assert.equal(record.reason, "caller_hung_up");
  assert.equal(record.durationMs, Date.parse(record.endedAt) - Date.parse(record.startedAt));
  assert.ok(record.usage.responses >= 2 && record.audio.uplinkMs > 1_000 && record.peakMemoryBytes > 0);
  assert.deepEqual([record.isPartial, record.streams, record.error, record.earlier], [false, 1, null, []]);
});

Deno.test("A call that comes back from key tones and from a transfer is one record in the store, with all of its streams", async () => {
  using temp = new TempFolder();
  await using hook = new WebhookEndpoint();
  const desk = {
    name: "desk",
    description: "A person.",
    number: "+15550100777",
    announcement: "",
    whisper: "",
  };
  await using talk = await Talk.start({
    env: { DATA_DIR: temp.path },
    keepsRecords: true,
    business: {
      ...tools({ builtIn: ["send_dtmf"] }),
      transfers: [{ ...desk, ringSeconds: 20 }],
      records: { ...DEFAULT_BUSINESS.records, webhook: { url: hook.url, signingSecret: undefined } },
    },
    emulator: {
      agent: sessions(
        [say(GREETING, 400, "First."), call("send_dtmf", { digits: "12#" })],
        [say(ANSWER, 400, "Second."), call("transfer_call", { target: "desk" })],
        [say(AGAIN, 400, "Third.")],
      ),
    },
  }, { onDial: () => ({ status: "no-answer" }) });
  for (const tone of [GREETING, ANSWER]) {
    await talk.hears(tone);
    await talk.hearsOut();
    await talk.speak();
  }
  await talk.hears(AGAIN);
  await talk.hearsOut();
  const { callSid } = talk.caller;
  talk.caller.hangUp();
  const told = () => hook.received.map(({ body }) => JSON.parse(body).record as CallRecord);
  await eventually("the end of the last stream was told", () => told().at(-1)?.streams === 3, WAIT_MS);

  using database = new DatabaseSync(`${temp.path}/records.db`, { readOnly: true });
  const rows = database.prepare("SELECT call_sid, record FROM calls").all();
  assert.deepEqual(rows.map(({ call_sid }) => call_sid), [callSid]);
  const record: CallRecord = JSON.parse(String(rows[0].record));
  assert.deepEqual([record.streams, record.reason, record.earlier], [3, "caller_hung_up", []]);
  const said = record.transcript.flatMap(({ kind, text, name }) => {
    return kind === "assistant" ? [text] : kind === "tool" ? [name] : [];
  });
  assert.deepEqual(said, ["First.", "send_dtmf", "Second.", "transfer_call", "Third."]);
  const charged = talk.rig.emulator.sessions.flatMap(({ record }) => record.responses);
  assert.equal(record.usage.responses, charged.length, "what all sessions charged, nothing twice");
  assert.deepEqual(told().map(({ streams }) => streams), [1, 2, 3]);
  assert.deepEqual(told().at(-1), record, "what the webhook is told last is what is kept");
});

Deno.test("A server that starts again knows what its businesses' calls have taken today", async () => {
  using temp = new TempFolder();
  const options = {
    env: { DATA_DIR: temp.path },
    keepsRecords: true,
    emulator: { agent: markedAgent },
    business: {
      ...QUICK,
      hours: {
        timeZone: new Date().getUTCHours() >= 20 ? "Asia/Tokyo" : "UTC", // the day does not end during the test
        week: Array(7).fill([{ fromMinute: 0, toMinute: 24 * 60 }]),
        days: {},
        afterHours: { action: "answer" as const, instructions: "" },
      },
      limits: { ...DEFAULT_BUSINESS.limits, minutesPerDay: 0.001 },
    },
  };
  {
    await using rig = await BridgeRig.start(options);
    const heard = () => rig.emulator.sessions.some(({ record }) => record.turns.length > 0);
    const caller = rig.caller({ speech: SPEECH });
    await callAndHangUp([caller], heard);
    await eventually("the record is stored", async () => {
      const { body, status } = await rig.get(`/records?call=${caller.callSid}`);
      await body?.cancel();
      return status === 200;
    }, WAIT_MS);
  }
  await using rig = await BridgeRig.start(options);
  await eventually("calls are refused", async () => {
    const caller = rig.caller();
    const placed = caller.place();
    await eventually("it is answered", () => caller.isConnected || caller.isOver, WAIT_MS);
    caller.hangUp();
    return (await placed).outcome === "refused";
  }, WAIT_MS);
  const refusal = rig.log.events.find(({ event }) => event === "call_refused");
  assert.equal(refusal?.attributes.reason, "day_limit");
});

Deno.test("a message goes whole to the webhook of a business that says so, and masked into the store", async () => {
  using temp = new TempFolder();
  await using hook = new WebhookEndpoint();
  const message = { name: "Ada", number: "+14155550123", text: "Call 415 555 0199 about the 9-12 slot." };
  await using talk = await Talk.start({
    env: { DATA_DIR: temp.path },
    keepsRecords: true,
    business: {
      ...tools({ builtIn: ["take_message"] }),
      records: {
        ...DEFAULT_BUSINESS.records,
        webhook: { url: hook.url, signingSecret: undefined, messages: "whole" },
      },
    },
    emulator: { agent: sessions([say(GREETING), call("take_message", message), say(ANSWER)]) },
  });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  talk.caller.hangUp();
  await eventually("the webhook has it", () => hook.received.length === 1, WAIT_MS);
  const { record, messages } = JSON.parse(hook.received[0].body);
  assert.deepEqual(messages.map(({ atMs: _, ...rest }: { atMs: number }) => rest), [message]);
  const masked =
    '{"name":"Ada","number":"[telephone number]","text":"Call [telephone number] about the 9-12 slot."}';
  assert.equal(record.transcript.find(({ kind }: { kind: string }) => kind === "tool").arguments, masked);
  using database = new DatabaseSync(`${temp.path}/records.db`, { readOnly: true });
  const [{ record: stored }] = database.prepare("SELECT record FROM calls").all();
  assert.ok(!String(stored).includes("0199"));
});
