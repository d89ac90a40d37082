import assert from "node:assert/strict";
import {
  type Business,
  DEFAULT_BUSINESS,
  DEFAULT_KNOWLEDGE,
  type TransferTarget,
} from "../../src/businesses/business.ts";
import { hasTone } from "../../src/lab/call/tone_detector.ts";
import type { AgentFactory, AgentOutput } from "../../src/lab/openai/agent.ts";
import { tone } from "../../src/lab/openai/audio/tone.ts";
import type { EmulatedSession } from "../../src/lab/openai/emulated_session.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import type { CallRecord } from "../../src/records/call_record.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { EmbeddingsEndpoint } from "../support/embeddings_endpoint.ts";
import { chunksFrom, fill } from "../support/knowledge_texts.ts";
import { NgramEmbedder } from "../support/ngram_embedder.ts";
import { outputs, QUICK } from "../support/talk.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";
import { eventually } from "../support/eventually.ts";

const CALLS_EACH = 20;
/** Ample time on a busy machine too. */
const PATIENCE_MS = 120_000;
const IDS = ["north", "south"] as const;
type Id = (typeof IDS)[number];
const OTHER: Record<Id, Id> = { north: "south", south: "north" };
/** Everything of a business holds its mark, and its model speaks at its pitch. */
const MARKS: Record<Id, string> = { north: "kestrel", south: "lobster" };
const PITCH_HZ: Record<Id, number> = { north: 500, south: 900 };
const NUMBERS: Record<Id, string> = { north: "+15550100301", south: "+15550100302" };
const QUESTION = "What is the secret word of the house, and where is the key?";
/** The space that the server embeds its questions into. */
const SPACE = `text-embedding-3-small/${DEFAULT_KNOWLEDGE.dimensions}`;
/** Asked for by every model in one response: the third is the other business's. */
const TOOLS = ["search_knowledge", "ask_north", "ask_south"];

/** Answers a turn by calling all tools, and then tells what they gave. It knows of its business what its session was told. */
const curiousAgent: AgentFactory = () => ({
  keepsAudio: false,
  transcribe: () => "(a question)",
  reply({ config, trigger, toolOutputs }) {
    const id = IDS.find((id) => config.instructions.includes(MARKS[id]));
    const say = (transcript: string): AgentOutput[] => [
      { kind: "speech", clip: tone(300, { frequencyHz: id && PITCH_HZ[id] }), transcript },
    ];
    if (trigger === "tool_result") return say(`I was told ${toolOutputs.map(({ output }) => output).join()}`);
    if (trigger !== "turn") return say(config.instructions);
    return TOOLS.map((name) => ({
      kind: "function_call",
      name,
      arguments: name === "search_knowledge" ? { question: QUESTION } : {},
      callId: `call_${name}`,
    }));
  },
});

/** The ends of a business outside of the server. */
interface World extends AsyncDisposable {
  readonly tool: ToolEndpoint;
  readonly webhook: WebhookEndpoint;
}

function openWorld(id: Id): World {
  const tool = new ToolEndpoint(() => ({ word: MARKS[id] }));
  const webhook = new WebhookEndpoint();
  return {
    tool,
    webhook,
    async [Symbol.asyncDispose]() {
      await tool[Symbol.asyncDispose]();
      await webhook[Symbol.asyncDispose]();
    },
  };
}

/** A business whose every text is marked. */
function business(id: Id, { tool, webhook }: World): Partial<Business> {
  const mark = MARKS[id];
  const desk: TransferTarget = {
    name: `${mark}-desk`,
    description: `The desk of the ${mark} house.`,
    number: "+15550100777",
    announcement: "",
    whisper: "",
    ringSeconds: 20,
  };
  return {
    ...QUICK,
    id,
    name: `The ${mark} house`,
    numbers: [NUMBERS[id]],
    instructions: `You answer for the ${mark} house.`,
    knowledge: { ...DEFAULT_KNOWLEDGE, about: `the ${mark} house` },
    transfers: [desk],
    tools: { ...DEFAULT_BUSINESS.tools, fillerAfterMs: PATIENCE_MS, http: [tool.tool(`ask_${id}`)] },
    records: { ...DEFAULT_BUSINESS.records, webhook: { url: webhook.url, signingSecret: undefined } },
    fallback: { ...DEFAULT_BUSINESS.fallback, words: `The ${mark} house cannot be reached.` },
  };
}

/** Both businesses have a document of the same name; one passage differs by the mark, the other is the same. */
async function plant(folder: string, id: Id): Promise<void> {
  await using store = await SqliteKnowledgeStore.open(folder, id);
  const sections = {
    House: `The secret word of the house is ${MARKS[id]}.`,
    Key: "The key is under the mat.",
  };
  const embedder = Object.assign(new NgramEmbedder(DEFAULT_KNOWLEDGE.dimensions), { space: SPACE });
  await fill(store, embedder, chunksFrom("house.md", sections));
}

/** Whose instructions a session was given. */
function ownerOf({ record }: EmulatedSession): Id {
  const [{ session }] = record.eventsOf("session.update");
  const { instructions } = session as { instructions: string };
  const owner = IDS.find((id) => instructions.startsWith(`You answer for the ${MARKS[id]} house.`));
  assert.ok(owner, instructions);
  return owner;
}

/** The tools that a session was given. */
function toolNames({ record }: EmulatedSession): string[] {
  const [{ session }] = record.eventsOf("session.update");
  return (session as { tools: { name: string }[] }).tools.map(({ name }) => name);
}

const hasAnswered = ({ record }: EmulatedSession) =>
  record.responses.filter(({ status }) => status === "completed").length >= 3;

Deno.test("Twenty calls each of two businesses at once: no prompt, tool, passage, voice, record or webhook crosses", async () => {
  using temp = new TempFolder();
  await using embeddings = new EmbeddingsEndpoint();
  await using north = openWorld("north");
  await using south = openWorld("south");
  const worlds = { north, south };
  for (const id of IDS) await plant(`${temp.path}/knowledge`, id);
  await using rig = await BridgeRig.start({
    env: { DATA_DIR: temp.path, OPENAI_BASE_URL: embeddings.url },
    keepsRecords: true,
    businesses: IDS.map((id) => business(id, worlds[id])),
    emulator: { agent: curiousAgent },
  });
  const { sessions } = rig.emulator;

  const callers = Array.from(
    { length: 2 * CALLS_EACH },
    (_, index) => rig.caller({ from: "+15550109999", to: NUMBERS[IDS[index % 2]] }),
  );
  const haveHeardOut = () =>
    callers.every(({ player }) => player.receivedBytes > 0 && rig.clock.now() > player.endMs);
  const placed = callers.map((caller) => caller.place());
  await eventually("all callers are greeted", haveHeardOut, PATIENCE_MS);
  for (const { speech } of callers) speech.say(CallerSpeech.tone(300, 600));
  await eventually(
    "all models have told what they were told",
    () => sessions.filter(hasAnswered).length === callers.length,
    PATIENCE_MS,
  );
  await eventually("all callers have heard it", haveHeardOut, PATIENCE_MS);
  const voices = callers.map(({ player }) => player.heard(rig.clock.now()));
  for (const caller of callers) caller.hangUp();
  const reports = await Promise.all(placed);
  assert.deepEqual(reports.flatMap(({ problems }) => problems), []);
  await eventually(
    "all webhooks have come",
    () => IDS.every((id) => worlds[id].webhook.received.length === CALLS_EACH),
    PATIENCE_MS,
  );

  assert.equal(sessions.length, callers.length);
  using store = await SqliteRecordStore.open(`${temp.path}/records.db`, Date.now);
  for (const id of IDS) {
    const mine = sessions.filter((session) => ownerOf(session) === id);
    assert.equal(mine.length, CALLS_EACH, `sessions of ${id}`);
    for (const session of mine) {
      const names = toolNames(session);
      assert.ok(names.includes("search_knowledge") && names.includes(`ask_${id}`), names.join());
      assert.ok(!names.includes(`ask_${OTHER[id]}`), names.join());
      const told = new Map(outputs(session).map(({ callId, output }) => [callId, output]));
      assert.match(told.get("call_search_knowledge")!, new RegExp(MARKS[id]));
      assert.match(told.get("call_search_knowledge")!, /"similarity":/, "looked for by meaning too");
      assert.deepEqual(JSON.parse(told.get(`call_ask_${id}`)!), { word: MARKS[id] });
      assert.match(told.get(`call_ask_${OTHER[id]}`)!, /no tool of that name/);
    }
    assert.equal(worlds[id].tool.requests.length, CALLS_EACH);

    const records: CallRecord[] = [];
    for (const [index, { callSid, to }] of callers.entries()) {
      if (to !== NUMBERS[id]) continue;
      const record = await store.get(callSid);
      assert.ok(record, `the record of ${callSid}`);
      assert.equal(record.business, id);
      const used = record.transcript.flatMap(({ kind, name }) => kind === "tool" ? [name] : []);
      assert.deepEqual(used.toSorted(), TOOLS.toSorted());
      records.push(record);
      assert.ok(hasTone(voices[index], PITCH_HZ[id]), "the caller has heard the model of the business");
      assert.ok(!hasTone(voices[index], PITCH_HZ[OTHER[id]]), "and not the other's");
    }

    // All that went to this business's side: to its models, its tools, its records, its webhook.
    const seen = [
      ...mine.map(({ record }) => JSON.stringify(record.events)),
      ...worlds[id].tool.requests.map(({ body }) => body),
      ...records.map((record) => JSON.stringify(record)),
      ...worlds[id].webhook.received.map(({ body }) => body),
    ];
    assert.equal(seen.length, 4 * CALLS_EACH);
    for (const text of seen) {
      assert.match(text, new RegExp(`${MARKS[id]}|"business":"${id}"`), "what is searched is what was sent");
      assert.doesNotMatch(text, new RegExp(`${MARKS[OTHER[id]]}|"business":"${OTHER[id]}"`));
    }
  }
});
