import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { AgentFactory } from "../../src/lab/openai/agent.ts";
import { replyOutputs } from "../../src/lab/openai/agents/scripted_agent.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { eventually } from "../support/eventually.ts";
import { AGAIN, ANSWER, call, GREETING, QUICK, say, sessions, Talk, tools } from "../support/talk.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";

/** A token of speech costs a dollar: the emulator counts one for each 50 ms. */
const DEAR = JSON.stringify({
  models: {
    "gpt-realtime-2.1": {
      textIn: 0,
      cachedTextIn: 0,
      textOut: 0,
      audioIn: 0,
      cachedAudioIn: 0,
      audioOut: 1e6,
    },
  },
});

/** Calls one tool after the other as long as it may, and has something to say only then. */
const looping = (hasCalled: () => number): AgentFactory => () => ({
  reply: ({ trigger }) => {
    if (trigger === "greeting") return replyOutputs(say(GREETING));
    return [...hasCalled() >= MOST ? replyOutputs(say(ANSWER)) : [], ...replyOutputs(call("look_up"))];
  },
});

/** Tools that may be called in a turn. */
const MOST = 5;

/** What became of each tool that was called, as the log says. */
function outcomesOf({ rig }: Talk): unknown[] {
  const finished = rig.log.events.filter(({ event }) => event === "tool_finished");
  return finished.map(({ attributes }) => attributes.outcome);
}

/** Speaks whenever it may, and says goodbye when told to. */
const talking: AgentFactory = () => ({
  reply: ({ instructions }) => replyOutputs(say(instructions?.includes("goodbye") ? AGAIN : GREETING, 1_000)),
});

Deno.test("a model that loops over tools is stopped after those of a turn, and answers; the call goes on", async () => {
  await using endpoint = new ToolEndpoint(() => "nothing yet");
  await using talk = await Talk.startSpoken({
    business: tools({ http: [endpoint.tool("look_up")], callsPerTurn: MOST }),
    emulator: { agent: looping(() => endpoint.requests.length) },
  });
  await talk.hears(ANSWER);
  assert.equal(endpoint.requests.length, MOST);
  const session = await talk.session(1);
  const rounds = session.record.responses.length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(session.record.responses.length, rounds, "no further round");
  assert.deepEqual(outcomesOf(talk), Array(MOST).fill("done"));
  await talk.hangUp();
});

Deno.test("a model that calls more tools in one answer than it may is refused the rest, and answers", async () => {
  await using endpoint = new ToolEndpoint(() => "nothing yet");
  // What is asked for twice at once is done once.
  const calls = Array.from({ length: MOST + 2 }, (_, index) => ({
    name: "look_up",
    arguments: { id: String(index) },
  }));
  await using talk = await Talk.startSpoken({
    business: tools({ http: [endpoint.tool("look_up")], callsPerTurn: MOST }),
    emulator: { agent: sessions([say(GREETING), { call: calls }, say(ANSWER)]) },
  });
  await talk.hears(ANSWER);
  assert.equal(endpoint.requests.length, MOST);
  assert.deepEqual(outcomesOf(talk).sort(), [...Array(MOST).fill("done"), "refused", "refused"]);
  await talk.hangUp();
});

Deno.test("a call that costs more than one call may ends with words that are heard, and says why", async () => {
  await using rig = await BridgeRig.start({
    env: { OPENAI_PRICES: DEAR },
    business: { ...QUICK, limits: { ...DEFAULT_BUSINESS.limits, costPerCallUsd: 5 } },
    emulator: { agent: talking },
  });
  const caller = rig.caller();
  const report = await caller.place();
  assert.equal(rig.summaries[0].reason, "limit_reached");
  assert.ok(report.heardMs >= 1_900, "the goodbye was heard to its end");
  const { attributes } = rig.log.events.find(({ event }) => event === "limit_reached")!;
  assert.equal(attributes.limit, "call_cost");
  assert.match(
    rig.summaries[0].transcript.map((entry) => "text" in entry ? entry.text : "").join(),
    /call_cost/,
  );
  const response = await rig.get("/metrics");
  assert.match(await response.text(), /slimline_limits_reached_total\{limit="call_cost"\} 1/);
});

Deno.test("calls of one business share its money of the day while they last, and end when it is spent", async () => {
  await using rig = await BridgeRig.start({
    env: { OPENAI_PRICES: DEAR },
    business: { ...QUICK, limits: { ...DEFAULT_BUSINESS.limits, costPerCallUsd: 1_000, costPerDayUsd: 50 } },
    emulator: { agent: talking },
  });
  const callers = Array.from({ length: 3 }, () => rig.caller()); // 20 dollars each
  const reports = Promise.all(callers.map((caller) => caller.place()));
  await eventually("all have ended", () => rig.summaries.length === 3);
  await reports;
  assert.deepEqual(rig.summaries.map(({ reason }) => reason), Array(3).fill("limit_reached"));
  const limits = rig.log.events.filter(({ event }) => event === "limit_reached").map(({ attributes }) =>
    attributes.limit
  );
  assert.deepEqual(limits, Array(3).fill("day_cost"));
});
