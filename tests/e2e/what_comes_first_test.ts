import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { Agent, AgentOutput } from "../../src/lab/openai/agent.ts";
import { replyOutputs, type ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import { sideBySide } from "../support/side_by_side.ts";
import {
  AGAIN,
  ANSWER,
  asked,
  GREETING,
  outputs,
  SALES,
  say,
  sessions,
  Talk,
  time,
  told,
  tools,
} from "../support/talk.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";

const test = sideBySide("what comes first, end to end");

const MENU = say(GREETING, 20_000, "One for this, two for that, and so on and on.");

/** Calls first, and speaks then, in one response. */
function callsThenSays(name: string, args: Record<string, unknown>, speech: ScriptedReply): AgentOutput[] {
  return [{ kind: "function_call", name, arguments: args }, ...replyOutputs(speech)];
}

function outputsOf(replies: readonly AgentOutput[][]): Agent {
  return { reply: ({ responseNumber }) => replies[Math.min(responseNumber, replies.length) - 1] };
}

test("a key into a long menu silences it at once, and its answer is heard next", async () => {
  await using talk = await Talk.start({ emulator: { agent: sessions([MENU, say(ANSWER)]), speed: 20 } });
  await talk.hears(GREETING);
  talk.caller.press("3");
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const [clear] = talk.caller.player.clears;
  assert.ok(talk.heardMs < clear.heardBytes / 8 + 450, `${talk.heardMs} ms`);
  const session = await talk.session(1);
  const saidMs = session.record.truncations[0].audioEndMs;
  assert.ok(Math.abs(saidMs - clear.heardBytes / 8) <= 60 + talk.stoodStillMs());
  assert.ok(told(session).some(({ text }) => text === "The caller pressed the keys 3."));
  await talk.hangUp();
  const [menu] = talk.transcript;
  assert.ok(menu.kind === "assistant" && menu.cut);
});

test("a key with words of its own cuts off an answer that is still being made", async () => {
  await using talk = await Talk.start({
    business: { keys: { "*": { action: "say", text: "Speak French." } } },
    emulator: { agent: sessions([MENU, say(ANSWER)]), speed: 2 },
  });
  await talk.hears(GREETING);
  talk.caller.press("*");
  await talk.hears(ANSWER);
  const { record } = await talk.session(1);
  assert.deepEqual(record.responses.map(({ status }) => status), ["cancelled", "completed"]);
  assert.ok(talk.heardMs < 4_000 + talk.stoodStillMs());
  await talk.hangUp();
});

test("a key does not cut off the last second of an answer, nor a greeting that must be heard", async () => {
  await using short = await Talk.start({
    emulator: { agent: sessions([say(GREETING, 1_200), say(ANSWER)]), speed: 40 },
  });
  await short.hears(GREETING);
  short.caller.press("1");
  await short.hears(ANSWER);
  assert.equal(short.caller.player.clears.length, 0);
  await short.hangUp();
  await using legal = await Talk.start({
    business: { greeting: { instructions: "This call is recorded.", isInterruptible: false } },
    emulator: { agent: sessions([say(GREETING, 4_000), say(ANSWER)]), speed: 40 },
  });
  await legal.hears(GREETING);
  legal.caller.press("1");
  await legal.hears(ANSWER);
  await legal.hearsOut();
  assert.ok(Math.abs(legal.heardMs - 4_400) < 40, `${legal.heardMs} ms`);
  await legal.hangUp();
});

test("the end of the longest duration does not wait for a long answer, and its goodbye is heard", async () => {
  await using talk = await Talk.start({
    business: time({ maxCallMs: 3_000, warnBeforeEndMs: 0 }),
    emulator: { agent: sessions([say(GREETING, 60_000), say(ANSWER, 1_500)]), speed: 40 },
  });
  const report = await talk.over();
  assert.ok(report.durationMs < 9_000 + talk.stoodStillMs(), `${report.durationMs} ms`);
  assert.ok(talk.hasHeard(ANSWER));
  const { heardBytes } = talk.caller.player.clears[0];
  assert.ok(report.heardMs >= heardBytes / 8 + 1_450, `${report.heardMs} ms: the goodbye was heard out`);
  const [answer, , goodbye] = talk.transcript.filter(({ kind }) => kind !== "note");
  assert.ok(answer.kind === "assistant" && answer.cut);
  assert.ok(goodbye.kind === "assistant" && !goodbye.cut);
});

test("a caller who talks into the last goodbye does not keep it from being heard", async () => {
  await using talk = await Talk.start({
    business: { keys: { "#": { action: "hang_up" } } },
    emulator: { agent: sessions([say(GREETING), say(ANSWER, 2_500)]), speed: 40 },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  talk.caller.press("#");
  await talk.hears(ANSWER);
  await talk.speak(600);
  const report = await talk.over();
  assert.ok(report.heardMs >= 400 + 2_450, `${report.heardMs} ms`);
  assert.equal(talk.caller.player.clears.length, 0);
});

test("end_call before the farewell, in one response: the farewell is heard, then the call ends", async () => {
  await using talk = await Talk.start({
    emulator: {
      agent: () =>
        outputsOf([replyOutputs(say(GREETING)), callsThenSays("end_call", {}, say(ANSWER, 2_400))]),
      speed: 4,
    },
  });
  await talk.speakAfterGreeting();
  const report = await talk.over();
  assert.ok(report.heardMs >= 400 + 2_350, `${report.heardMs} ms`);
  assert.equal(report.endedBy, "server");
  const farewell = talk.transcript.findLast(({ kind }) => kind === "assistant");
  assert.ok(farewell?.kind === "assistant" && !farewell.cut);
});

test("transfer_call before its sentence: the sentence is heard, then Twilio is told", async () => {
  await using talk = await Talk.start({
    business: { transfers: [SALES] },
    emulator: {
      agent: () =>
        outputsOf([
          replyOutputs(say(GREETING)),
          callsThenSays("transfer_call", { target: "sales" }, say(ANSWER, 2_000)),
        ]),
      speed: 4,
    },
  });
  await talk.speakAfterGreeting();
  const report = await talk.over();
  assert.ok(report.heardMs >= 400 + 1_950, `${report.heardMs} ms`);
  assert.equal(report.dialled.length, 1);
});

test("'no, wait' calls off a transfer, in either order of call and sentence", async () => {
  const before = callsThenSays("transfer_call", { target: "sales" }, say(ANSWER, 4_000));
  for (const reply of [before, before.toReversed()]) {
    await using talk = await Talk.start({
      business: { transfers: [SALES] },
      emulator: {
        agent: () => outputsOf([replyOutputs(say(GREETING)), reply, replyOutputs(say(AGAIN))]),
        speed: 40,
      },
    });
    await talk.speakAfterGreeting();
    await talk.hears(ANSWER);
    await talk.speak(700);
    await talk.hears(AGAIN);
    const given = outputs(await talk.session(1)).map(({ output }) => JSON.parse(output));
    assert.deepEqual(given.map(({ transferred }) => transferred), [false]);
    assert.match(given[0].reason, /spoken again/);
    assert.deepEqual(talk.rig.rest.requests, []);
    assert.deepEqual((await talk.hangUp()).dialled, []);
  }
});

test("no filler is asked for while the caller still hears what was said", async () => {
  await using endpoint = new ToolEndpoint(() => "found", 2_500);
  const looksUp: ScriptedReply = {
    say: { toneMs: 3_500, frequencyHz: ANSWER, transcript: "Let me look that up." },
    call: { name: "lookup", arguments: {} },
  };
  await using talk = await Talk.startSpoken({
    business: tools({ http: [endpoint.tool("lookup")], fillerAfterMs: 1_000 }),
    emulator: { agent: sessions([say(GREETING), looksUp, say(AGAIN)]), speed: 40 },
  });
  await talk.hears(AGAIN);
  await talk.hearsOut();
  const fillers = asked(await talk.session(1)).filter((line) =>
    line?.includes(DEFAULT_BUSINESS.tools.fillerInstructions)
  );
  assert.equal(fillers.length, 0);
  assert.ok(Math.abs(talk.heardMs - 4_300) < 60, `${talk.heardMs} ms`);
  await talk.hangUp();
});
