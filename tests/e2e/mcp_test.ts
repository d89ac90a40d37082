import assert from "node:assert/strict";
import type { ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { FailureScript } from "../../src/lab/openai/failures/failure_script.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, ANSWER, asked, GREETING, say, sessions, Talk, time, told, tools } from "../support/talk.ts";

const test = sideBySide("MCP servers, end to end");

const FIND: NonNullable<ScriptedReply["mcp"]> = {
  serverLabel: "bookings",
  name: "find_table",
  arguments: { guests: 4 },
  output: "at eight",
};

/** The caller is greeted and says something, to which the model replies by `reply`, and then by {@link ANSWER} and {@link AGAIN}. */
async function askedFor(
  reply: ScriptedReply,
  { fillerAfterMs = 60_000, answerWithinMs = 6_000, script }: {
    fillerAfterMs?: number;
    answerWithinMs?: number;
    script?: FailureScript;
  } = {},
): Promise<Talk> {
  const mcp = [{
    type: "mcp",
    server_label: "bookings",
    server_url: "https://mcp.example.com",
    require_approval: "never",
  }] as const;
  return await Talk.startSpoken({
    business: { ...tools({ mcp, fillerAfterMs }), ...time({ answerWithinMs }) },
    emulator: { agent: sessions([say(GREETING), reply, say(ANSWER), say(AGAIN)], [say(AGAIN)]), script },
  });
}

test("OpenAI uses an MCP server and says nothing by itself: the caller hears the answer", async () => {
  await using talk = await askedFor({ mcp: { ...FIND, durationMs: 300 } });
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const session = await talk.session(1);
  assert.deepEqual(asked(session).slice(1), [undefined], "one answer, in the model's own words");
  assert.deepEqual(session.record.errors, []);
  await talk.hangUp();
  const [use] = talk.transcript.filter(({ kind }) => kind === "tool");
  assert.ok(use.kind === "tool");
  const { name, arguments: args, output, outcome } = use;
  assert.deepEqual({ name, args, output, outcome }, {
    name: "find_table",
    args: '{"guests":4}',
    output: '"at eight"',
    outcome: "done",
  });
});

test("two MCP calls in one response, one of which fails, are answered once", async () => {
  const failed = { ...FIND, output: { error: "The table is taken." } };
  await using talk = await askedFor({ mcp: [FIND, failed] });
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const { record } = await talk.session(1);
  assert.equal(record.responses.length, 3, "the greeting, the calls, and the answer");
  await talk.hangUp();
  const outcomes = talk.transcript.flatMap((entry) => entry.kind === "tool" ? entry.outcome : []);
  assert.deepEqual(outcomes, ["done", "failed"]);
});

test("OpenAI lost while it uses an MCP server: the new session knows of it, and answers", async () => {
  await using talk = await askedFor({ mcp: { ...FIND, durationMs: 60_000 } });
  const first = await talk.session(1);
  await talk.until("the call is made", () => talk.rig.app.calls.snapshots()[0].state === "using_tool");
  first.fail({ failure: "drop" });
  await talk.hears(AGAIN);
  const texts = told(await talk.session(2)).map(({ text }) => text);
  assert.ok(texts.some((text) => /find_table.*not known whether/.test(text)), texts.join("\n"));
  await talk.hangUp();
});

test("the caller speaks while OpenAI uses an MCP server: the new turn is answered, and nothing else", async () => {
  await using talk = await askedFor({ mcp: { ...FIND, durationMs: 60_000 } });
  const { record } = await talk.session(1);
  await talk.until("the response has begun", () => record.responses.length === 2);
  await talk.speak();
  await talk.hears(ANSWER);
  await talk.hearsOut();
  assert.deepEqual(record.responses.map(({ status }) => status), ["completed", "cancelled", "completed"]);
  await talk.hangUp();
});

test("an MCP call that goes on as long as its response is not bridged: nothing could be said before its answer", async () => {
  await using talk = await askedFor({ mcp: { ...FIND, durationMs: 800 } }, { fillerAfterMs: 200 });
  await talk.hears(ANSWER);
  await talk.hearsOut();
  assert.deepEqual(asked(await talk.session(1)).slice(1), [undefined]);
  await talk.hangUp();
});

test("a model that stays silent after an MCP call is asked again", async () => {
  await using talk = await askedFor({ mcp: FIND }, {
    answerWithinMs: 1_000,
    script: [{ failure: "slow_response", delayMs: Infinity, responses: 3 }],
  });
  await talk.hears(AGAIN);
  const { record } = await talk.session(1);
  assert.deepEqual(record.responses.slice(2).map(({ status }) => status), ["cancelled", "completed"]);
  await talk.hangUp();
});

test("an MCP server whose tools OpenAI cannot find out is told of in the log, and the talk goes on", async () => {
  await using talk = await askedFor(say(ANSWER), {
    script: [{
      failure: "inject",
      at: { on: "session_updated" },
      event: { type: "mcp_list_tools.failed", item_id: "item_tools" },
    }],
  });
  await talk.hears(ANSWER);
  assert.ok(talk.rig.log.names.includes("mcp_tools_unknown"));
  await talk.hangUp();
});
