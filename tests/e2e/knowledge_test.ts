import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS, DEFAULT_KNOWLEDGE } from "../../src/businesses/business.ts";
import { scriptedAgent } from "../../src/emulator/realtime/agents/scripted_agent.ts";
import { Speech } from "../../src/emulator/twilio/speech.ts";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import { BridgeRig, eventually } from "../support/bridge_rig.ts";
import { EmbeddingsEndpoint } from "../support/embeddings_endpoint.ts";
import { chunksFrom, fill } from "../support/knowledge_texts.ts";
import { NgramEmbedder } from "../support/ngram_embedder.ts";
import { outputs, say } from "../support/talk.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";

const CALLS_EACH = 2;
/** Ample time on a busy machine too. */
const PATIENCE_MS = 60_000;
/** The texts of each business hold a mark that is nowhere else. */
const MARKS = { north: "kestrel", south: "lobster" } as const;
type Id = keyof typeof MARKS;
const OTHER: Record<Id, Id> = { north: "south", south: "north" };
const QUESTION = "What is the secret word of the house, and where is the key?";
/** The space that the server embeds its questions into. */
const SPACE = `text-embedding-3-small/${DEFAULT_KNOWLEDGE.dimensions}`;

/** A business whose every text is marked. */
function business(id: Id, endpoint: ToolEndpoint): Partial<Business> {
  const mark = MARKS[id];
  return {
    id,
    name: `The ${mark} house`,
    numbers: [id === "north" ? "+15550100301" : "+15550100302"],
    instructions: `You answer for the ${mark} house.`,
    knowledge: { ...DEFAULT_KNOWLEDGE, about: `the ${mark} house` },
    tools: { ...DEFAULT_BUSINESS.tools, http: [endpoint.tool(`ask_${id}`)] },
    fallback: { ...DEFAULT_BUSINESS.fallback, words: `The ${mark} house cannot be reached.` },
  };
}

async function plant(folder: string, id: Id): Promise<void> {
  await using store = SqliteKnowledgeStore.open(folder, id);
  const sections = {
    House: `The secret word of the house is ${MARKS[id]}.`,
    Key: "The key is under the mat.",
  };
  const embedder = Object.assign(new NgramEmbedder(DEFAULT_KNOWLEDGE.dimensions), { space: SPACE });
  await fill(store, embedder, chunksFrom("house.md", sections));
}

Deno.test("In calls of two businesses at once, no model is told the other's passages, prompt or tools", async () => {
  using folder = new TempFolder();
  await using embeddings = new EmbeddingsEndpoint();
  await using north = new ToolEndpoint(() => ({ word: MARKS.north }));
  await using south = new ToolEndpoint(() => ({ word: MARKS.south }));
  const endpoints = { north, south };
  for (const id of ["north", "south"] as const) await plant(`${folder.path}/knowledge`, id);
  const calls = ["search_knowledge", "ask_north", "ask_south"].map((name) => ({
    name,
    arguments: name === "search_knowledge" ? { question: QUESTION } : {},
    callId: `call_${name}`,
  }));
  await using rig = await BridgeRig.start({
    env: { DATA_DIR: folder.path, OPENAI_BASE_URL: embeddings.url },
    businesses: [business("north", north), business("south", south)],
    emulator: { agent: scriptedAgent([say(500), { on: "turn", call: calls }, say(700)]) },
  });
  const callers = Array.from({ length: 2 * CALLS_EACH }, (_, index) =>
    rig.caller({
      from: `+1555010${String(1000 + index)}`,
      to: index % 2 === 0 ? "+15550100301" : "+15550100302",
    }));
  const done = callers.map((caller) => caller.place());
  const sessions = await Promise.all(callers.map((_, index) => rig.emulator.session(index + 1)));
  await eventually(
    "all were greeted",
    () => callers.every(({ player }) => player.receivedBytes > 0),
    PATIENCE_MS,
  );
  for (const { mouth } of callers) mouth.say(Speech.tone(300, 400));
  await eventually(
    "every model has the outputs of its tools",
    () => sessions.every((session) => outputs(session).length === calls.length),
    PATIENCE_MS,
  );
  for (const caller of callers) caller.hangUp();
  await Promise.all(done);
  await eventually("all calls ended", () => rig.summaries.length === callers.length);

  const count = { north: 0, south: 0 };
  for (const session of sessions) {
    const seen = JSON.stringify(session.record.events);
    const id: Id = seen.includes(`You answer for the ${MARKS.north}`) ? "north" : "south";
    count[id]++;
    assert.doesNotMatch(seen, new RegExp(MARKS[OTHER[id]]), "a model was told the other's text");
    const told = new Map(outputs(session).map(({ callId, output }) => [callId, output]));
    const passages = told.get("call_search_knowledge")!;
    assert.match(passages, new RegExp(MARKS[id]));
    assert.match(passages, /"similarity":/, "looked for by meaning too");
    assert.deepEqual(JSON.parse(told.get(`call_ask_${id}`)!), { word: MARKS[id] });
    assert.match(told.get(`call_ask_${OTHER[id]}`)!, /no tool of that name/);
  }
  assert.deepEqual(count, { north: CALLS_EACH, south: CALLS_EACH });
  for (const id of ["north", "south"] as const) {
    const asked = endpoints[id].requests.map(({ body }) => JSON.parse(body).call.business);
    assert.deepEqual(asked, Array(CALLS_EACH).fill(id));
    const summaries = rig.summaries.filter(({ info }) => info.business.id === id);
    assert.equal(summaries.length, CALLS_EACH);
    assert.doesNotMatch(JSON.stringify(summaries), new RegExp(MARKS[OTHER[id]]));
  }
});
