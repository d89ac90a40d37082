import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { requestSignature } from "../../src/util/request_signature.ts";
import type { ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { Failure } from "../../src/lab/openai/failures/failure_script.ts";
import { sideBySide } from "../support/side_by_side.ts";
import {
  AGAIN,
  ANSWER,
  asked,
  assertOneAtATime,
  call,
  GREETING,
  outputs,
  SALES,
  say,
  sessions,
  Talk,
  told,
  tools,
} from "../support/talk.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";

const test = sideBySide("tools, end to end");

const ANNOUNCED = { ...SALES, announcement: "One moment please.", whisper: "A caller for sales." };

/** The caller is greeted and says something, to which the model replies by `replies`. */
async function askedFor(
  replies: ScriptedReply[],
  options: { business?: Parameters<typeof Talk.start>[0]["business"]; script?: Failure[] } = {},
): Promise<Talk> {
  const agent = sessions([say(GREETING), ...replies]);
  return await Talk.startSpoken({ business: options.business, emulator: { agent, script: options.script } });
}

test("an HTTP tool gets a signed request, and the caller hears what the model makes of its answer", async () => {
  await using endpoint = new ToolEndpoint(() => ({ status: "shipped" }));
  const signingSecret = "a test's signing secret";
  const tool = endpoint.tool("lookup_order", { signingSecret, headers: { authorization: "Bearer x" } });
  await using talk = await askedFor([call("lookup_order", { id: "42" }), say(ANSWER)], {
    business: tools({ http: [tool] }),
  });
  await talk.hears(ANSWER);
  const [{ headers, body }] = endpoint.requests;
  assert.deepEqual(JSON.parse(body), {
    arguments: { id: "42" },
    call: {
      sid: talk.caller.callSid,
      business: DEFAULT_BUSINESS.id,
      from: talk.caller.from,
      to: talk.caller.to,
    },
  });
  assert.equal(headers.get("authorization"), "Bearer x");
  const epochMs = Number(headers.get("x-slimline-timestamp")) * 1000;
  assert.ok(Math.abs(Date.now() - epochMs) < 10_000);
  const signature = await requestSignature(signingSecret, body, epochMs);
  assert.equal(headers.get("x-slimline-signature"), signature["x-slimline-signature"]);
  const session = await talk.session(1);
  assert.deepEqual(outputs(session).map(({ output }) => JSON.parse(output)), [{ status: "shipped" }]);
  await talk.hangUp();
  assert.deepEqual(talk.transcript.map(({ kind }) => kind), ["assistant", "user", "tool", "assistant"]);
});

test("of several calls in one response each gets its output, and one response follows the last", async () => {
  await using slow = new ToolEndpoint(() => "slow", 400);
  await using fast = new ToolEndpoint(() => "fast");
  const both = [{ name: "slow", arguments: {}, callId: "call_s" }, {
    name: "fast",
    arguments: {},
    callId: "call_f",
  }];
  await using talk = await askedFor([{ call: both }, say(ANSWER), say(AGAIN)], {
    business: tools({ http: [slow.tool("slow"), fast.tool("fast")] }),
  });
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const session = await talk.session(1);
  assert.deepEqual(outputs(session), [
    { callId: "call_f", output: `"fast"` },
    { callId: "call_s", output: `"slow"` },
  ]);
  const types = session.record.events.map(({ event }) => event.type).slice(-3);
  assert.deepEqual(types, ["conversation.item.create", "conversation.item.create", "response.create"]);
  assert.equal(session.record.responses.length, 3);
  assertOneAtATime(session);
  await talk.hangUp();
});

test("a tool's output that crosses the answer to the caller's next words is answered after it", async () => {
  const answered = Promise.withResolvers<string>();
  await using endpoint = new ToolEndpoint(() => answered.promise);
  await using talk = await Talk.start({
    business: tools({ http: [endpoint.tool("lookup")], fillerAfterMs: 60_000 }),
    emulator: {
      agent: sessions([say(GREETING), call("lookup"), say(ANSWER), say(AGAIN)]),
      networkDelayMs: 75,
    },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  const { record } = await talk.session(1);
  await talk.speak();
  await talk.until("the tool is at work", () => endpoint.requests.length === 1);
  await talk.speak();
  // OpenAI has begun its answer, and the server is yet to hear of it.
  await talk.until("the words are answered", () => record.responses.length === 3);
  answered.resolve("found");
  await talk.hears(ANSWER);
  await talk.hears(AGAIN);
  assert.deepEqual(record.responses.slice(2).map(({ trigger }) => trigger), ["turn", "tool_result"]);
  await talk.hangUp();
});

test("a slow tool is bridged by a spoken filler, then answered", async () => {
  await using endpoint = new ToolEndpoint(() => "found", 1_000);
  await using talk = await askedFor([call("lookup"), say(AGAIN), say(ANSWER)], {
    business: tools({ http: [endpoint.tool("lookup")], fillerAfterMs: 200 }),
  });
  await talk.hears(AGAIN);
  assert.deepEqual(outputs(await talk.session(1)), [], "the filler is heard while the tool works");
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const session = await talk.session(1);
  const fillers = asked(session).filter((line) => line?.includes(DEFAULT_BUSINESS.tools.fillerInstructions));
  assert.equal(fillers.length, 1);
  assert.equal(session.record.responses.length, 4);
  assertOneAtATime(session);
  await talk.hangUp();
});

test("a tool that does not answer in time gives an error as its output, and the talk goes on", async () => {
  await using endpoint = new ToolEndpoint(() => "too late", 1_000);
  await using talk = await askedFor([call("lookup"), say(ANSWER)], {
    business: tools({ http: [endpoint.tool("lookup", { timeoutMs: 300 })] }),
  });
  await talk.hears(ANSWER);
  const given = outputs(await talk.session(1));
  assert.equal(given.length, 1);
  assert.match(JSON.parse(given[0].output).error, /in time/);
  const finished = talk.rig.log.events.filter(({ event }) => event === "tool_finished");
  assert.deepEqual(finished.map(({ attributes }) => attributes.outcome), ["timed_out"]);
  await talk.hangUp();
});

/** Calls that can't be run, and what the model is told of them. */
const IMPOSSIBLE: [string, ScriptedReply, RegExp][] = [
  ["arguments that are no JSON", call("lookup", `{"id":`), /not valid JSON/],
  ["arguments against the schema", call("lookup", { id: 42 }), /id/],
  ["a name that no tool has", call("teleport"), /no tool of that name/],
];

test("a call that cannot be run gets an error as its output, and the talk goes on", async () => {
  for (const [what, reply, words] of IMPOSSIBLE) {
    await using endpoint = new ToolEndpoint(() => "never");
    await using talk = await askedFor([reply, say(ANSWER)], {
      business: tools({ http: [endpoint.tool("lookup")] }),
    });
    await talk.hears(ANSWER);
    const given = outputs(await talk.session(1));
    assert.equal(given.length, 1, what);
    assert.match(JSON.parse(given[0].output).error, words);
    assert.equal(endpoint.requests.length, 0);
    await talk.hangUp();
  }
});

test("a function call that the caller cut off is never run", async () => {
  await using endpoint = new ToolEndpoint(() => "never");
  await using talk = await askedFor([call("lookup", { id: "42" }), say(ANSWER)], {
    business: tools({ http: [endpoint.tool("lookup")] }),
    script: [{ failure: "cut_function_call", chars: 5, holdMs: 10_000 }],
  });
  const session = await talk.session(1);
  await talk.until("the call has begun", () => session.record.responses.length === 2);
  await talk.speak();
  await talk.hears(ANSWER);
  assert.equal(session.record.responses[1].status, "cancelled");
  assert.equal(endpoint.requests.length, 0);
  assert.deepEqual(outputs(session), []);
  assert.deepEqual(session.record.errors, []);
  await talk.hangUp();
});

test("a function call whose arguments are reported twice is run once", async () => {
  await using endpoint = new ToolEndpoint(() => "found");
  await using talk = await askedFor([call("lookup"), say(ANSWER)], {
    business: tools({ http: [endpoint.tool("lookup")] }),
    script: [{ failure: "duplicate_arguments_done" }],
  });
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const session = await talk.session(1);
  assert.equal(endpoint.requests.length, 1);
  assert.equal(outputs(session).length, 1);
  assert.equal(session.record.responses.length, 3);
  await talk.hangUp();
});

test("transfer_call: what was said is heard, Twilio is told, and only then the stream ends", async () => {
  const goodbye: ScriptedReply = {
    say: { toneMs: 1_000, frequencyHz: ANSWER },
    call: { name: "transfer_call", arguments: { target: "sales" } },
  };
  await using talk = await askedFor([goodbye], { business: { transfers: [ANNOUNCED] } });
  const report = await talk.over();
  assert.ok(report.heardMs >= 400 + 1_000, `${report.heardMs} ms`);
  assert.deepEqual(report.said, [ANNOUNCED.announcement]);
  assert.deepEqual(report.dialled, [
    { number: ANNOUNCED.number, callerId: report.from, whispered: [ANNOUNCED.whisper], status: "completed" },
  ]);
  const order = talk.caller.events.map(({ event }) => event);
  assert.ok(order.indexOf("updated") < order.indexOf("stream_ended"));
  assert.deepEqual(report.streams.map(({ by }) => by), ["caller"], "Twilio ended the stream, not the server");
  assert.equal(talk.rig.rest.requests.length, 1);
  assert.deepEqual(report.problems, []);
});

test("transfer_call with nobody there: the caller is back in a talk that knows what was said", async () => {
  const transfer = call("transfer_call", { target: "sales" });
  await using talk = await Talk.start({
    business: { transfers: [ANNOUNCED] },
    emulator: { agent: sessions([say(GREETING, 400, "Hello."), transfer], [say(AGAIN), say(ANSWER)]) },
  }, { onDial: () => ({ status: "no-answer" }) });
  await talk.speakAfterGreeting();
  await talk.hears(AGAIN);
  await talk.hearsOut();
  const back = await talk.session(2);
  assert.deepEqual(told(back)[0], { role: "assistant", text: "Hello." });
  assert.ok(told(back).some(({ text }) => text.includes("transfer_call")));
  assert.match(asked(back)[0] ?? "", /did not answer/);
  await talk.speak();
  await talk.hears(ANSWER);
  assert.deepEqual((await talk.hangUp()).said, [ANNOUNCED.announcement]);
  assert.ok(talk.rig.log.names.includes("dial_done"));
});

test("transfer_call that Twilio refuses: the model is told, and the caller is still with it", async () => {
  const agent = sessions([say(GREETING), call("transfer_call", { target: "sales" }), say(ANSWER)]);
  await using talk = await Talk.start({ business: { transfers: [ANNOUNCED] }, emulator: { agent } });
  talk.rig.rest.failNext({ status: 400, code: 20001 }, 5);
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  assert.match(outputs(await talk.session(1))[0].output, /error/);
  assert.ok(talk.rig.log.names.includes("tool_finished"));
  assert.deepEqual((await talk.hangUp()).dialled, []);
});

test("end_call: the goodbye is heard to its end, then the call is completed exactly once", async () => {
  const goodbye: ScriptedReply = {
    say: { toneMs: 1_500, frequencyHz: ANSWER },
    call: [{ name: "end_call", arguments: {} }, { name: "end_call", arguments: { reason: "twice" } }],
  };
  await using talk = await askedFor([goodbye]);
  const report = await talk.over();
  assert.ok(report.heardMs >= 400 + 1_500 - 5, `${report.heardMs} ms`);
  assert.deepEqual(talk.rig.rest.requests.map(({ form }) => form), [{ Status: "completed" }]);
  assert.deepEqual(report.said, []);
  assert.equal(report.endedBy, "server");
  assert.deepEqual(report.problems, []);
});

test("end_call: a caller who speaks into the goodbye stays, and the model is told so", async () => {
  const goodbye: ScriptedReply = {
    say: { toneMs: 4_000, frequencyHz: ANSWER },
    call: { name: "end_call", arguments: {} },
  };
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING), goodbye, say(AGAIN)]), speed: 20 },
  });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  const session = await talk.session(1);
  await talk.until("end_call is asked for", () => session.record.responses[1]?.doneMs !== undefined);
  await talk.speak();
  await talk.hears(AGAIN);
  await talk.hearsOut();
  assert.ok(talk.heardMs < 4_000, `${talk.heardMs} ms: the goodbye was cut off`);
  const told = outputs(session).map(({ output }) => JSON.parse(output));
  assert.deepEqual(told.map(({ ended }) => ended), [false]);
  assert.match(told[0].reason, /spoken again/);
  assertOneAtATime(session);
  assert.deepEqual(talk.rig.rest.requests, []);
  await talk.hangUp();
});

test("send_dtmf: the keys are played into the call, and the talk goes on where it was", async () => {
  await using talk = await Talk.start({
    business: tools({ builtIn: ["send_dtmf"] }),
    emulator: {
      agent: sessions([say(GREETING, 400, "Hello."), call("send_dtmf", { digits: "1w2#" })], [say(AGAIN)]),
    },
  });
  await talk.speakAfterGreeting();
  await talk.hears(AGAIN);
  const played = talk.caller.events.filter(({ event }) => event === "played");
  assert.deepEqual(played.map(({ detail }) => detail), ["1w2#"]);
  assert.equal(told(await talk.session(2))[0].text, "Hello.");
  await talk.hangUp();
});

test("take_message: the message is kept, and the caller hears that it was", async () => {
  const message = { name: "Ada", text: "Please call back." };
  await using talk = await askedFor([call("take_message", message), say(ANSWER)]);
  await talk.hears(ANSWER);
  const taken = talk.rig.log.events.find(({ event }) => event === "message_taken");
  assert.equal(taken?.attributes.name, "Ada");
  assert.equal(taken?.attributes.number, talk.caller.from);
  assert.equal(taken?.attributes.words, message.text);
  assert.deepEqual(outputs(await talk.session(1)).map(({ output }) => output), [`{"taken":true}`]);
  await talk.hangUp();
});
