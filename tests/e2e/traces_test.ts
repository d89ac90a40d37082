import assert from "node:assert/strict";
import { callTracing } from "../../src/app/call_tracing.ts";
import { completeConfig } from "../../src/config/server_config.ts";
import { hasTone } from "../../src/lab/call/tone_detector.ts";
import { CallRegistry } from "../../src/lab/twilio/emulated_call.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import type { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { eventually } from "../support/eventually.ts";
import { OtlpReceiver, type ReceivedSpan } from "../support/otlp_receiver.ts";
import { ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL, ServerRig } from "../support/server_rig.ts";
import { ANSWER, call, GREETING, say, sessions } from "../support/talk.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";

const TO = "+15550100100";
/** Said, asked and answered in the call: none of it may leave the server in a trace. */
const SECRETS = ["Rosebud", "sesame", "hollyhock", "+15550100001", "15550100001"];

async function hears(caller: SimulatedCaller, rig: ServerRig, frequencyHz: number): Promise<void> {
  const { clock } = rig;
  await eventually(
    `${frequencyHz} Hz is heard`,
    () => hasTone(caller.player.heard(clock.now()), frequencyHz),
    20_000,
  );
}

/** The spans of calls, without those that Deno makes of requests. */
function ofCalls({ spans }: OtlpReceiver): ReceivedSpan[] {
  return spans.filter(({ scope }) => scope === "slimline").sort((a, b) => a.startMs - b.startMs);
}

Deno.test("a call is a trace: connecting, turns, responses and tools by the GenAI conventions, and no words", async () => {
  await using collector = new OtlpReceiver();
  await using endpoint = new ToolEndpoint(() => ({ password: "sesame" }), 300);
  await using rig = await ServerRig.start({
    agent: sessions([
      say(GREETING, 600, "Rosebud speaking."),
      call("lookup", { id: "hollyhock" }),
      say(ANSWER, 600, "It is Rosebud."),
    ]),
    businesses: {
      "practice.json": {
        name: "Practice",
        numbers: [TO],
        instructions: "You are Rosebud.",
        tools: { http: [{ ...endpoint.tool("lookup"), signingSecret: undefined }] },
      },
    },
    env: { ...collector.env, PRIVATE_HOSTS: new URL(endpoint.tool("lookup").url).host },
  });
  const caller = rig.caller({ to: TO, from: "+15550100001" });
  const over = caller.place();
  await hears(caller, rig, GREETING);
  await new Promise<void>((resolve) => caller.speech.say(CallerSpeech.tone(300, 600), resolve));
  await hears(caller, rig, ANSWER);
  caller.hangUp();
  await over;
  await eventually("the call is over", () => rig.logged("call_ended").length > 0);
  rig.server.signal("SIGTERM");
  assert.equal(await rig.server.ended(), 0);

  const spans = ofCalls(collector);
  const model = "gpt-realtime-2.1";
  const names = spans.map(({ name }) => name);
  const hasGreetingTurn = names.slice(0, 3);
  assert.deepEqual(hasGreetingTurn, ["invoke_agent Practice", `connect ${model}`, `chat ${model}`]);
  assert.deepEqual(names.slice(3), ["turn", `chat ${model}`, "execute_tool lookup", `chat ${model}`]);
  const [root, connect, greeting, turn, asking, tool, answer] = spans;
  assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([root.traceId]));
  assert.equal(root.service, "slimline");
  assert.equal(root.parentSpanId, "");
  for (const child of [connect, greeting, turn]) assert.equal(child.parentSpanId, root.spanId, child.name);
  for (const child of [asking, tool, answer]) assert.equal(child.parentSpanId, turn.spanId, child.name);
  assert.deepEqual(spans.map(({ kind }) => kind), [1, 3, 3, 1, 3, 1, 3]);
  assert.deepEqual(spans.filter(({ status }) => status === 2), []);
  for (const { name, startMs, endMs } of spans) {
    assert.ok(endMs >= startMs && startMs >= root.startMs - 1 && endMs <= root.endMs + 1_000, name);
  }
  assert.ok(tool.endMs - tool.startMs >= 290, "the tool takes 300 ms");

  const { attributes } = root;
  assert.equal(attributes["gen_ai.operation.name"], "invoke_agent");
  assert.equal(attributes["gen_ai.provider.name"], "openai");
  assert.equal(attributes["gen_ai.request.model"], model);
  assert.equal(attributes["gen_ai.agent.id"], "practice");
  assert.equal(attributes["gen_ai.conversation.id"], caller.callSid);
  assert.equal(attributes["slimline.call.end_reason"], "caller_hung_up");
  assert.equal(attributes["slimline.call.responses"], 3);
  assert.ok(Number(attributes["gen_ai.usage.output_tokens"]) > 0);
  const used = [greeting, asking, answer].map((span) => Number(span.attributes["gen_ai.usage.input_tokens"]));
  assert.equal(attributes["gen_ai.usage.input_tokens"], used.reduce((sum, each) => sum + each));
  for (const { attributes } of [greeting, asking, answer]) {
    assert.equal(attributes["gen_ai.operation.name"], "chat");
    assert.match(String(attributes["gen_ai.response.id"]), /^resp_/);
    assert.deepEqual(attributes["gen_ai.response.finish_reasons"], ["completed"]);
    assert.equal(attributes["server.address"], "127.0.0.1");
  }
  assert.equal(tool.attributes["gen_ai.operation.name"], "execute_tool");
  assert.equal(tool.attributes["gen_ai.tool.name"], "lookup");
  assert.match(String(tool.attributes["gen_ai.tool.call.id"]), /^call_/);
  assert.ok(Number(turn.attributes["slimline.turn.played_ms"]) >= 300);

  assert.deepEqual(SECRETS.filter((secret) => collector.text.includes(secret)), []);
});

Deno.test("a call whose session is lost shows it, and a tool that fails is an error", async () => {
  await using collector = new OtlpReceiver();
  await using rig = await ServerRig.start({
    agent: sessions([say(GREETING, 600), call("lookup"), say(ANSWER, 600)]),
    script: [{ sessions: 1, at: { on: "response_done", responses: 3 }, failure: "drop" }],
    businesses: {
      "practice.json": {
        name: "Practice",
        numbers: [TO],
        instructions: "You answer for a practice.",
        tools: { http: [{ name: "lookup", description: "Looks up.", url: "http://127.0.0.1:9/lookup" }] },
      },
    },
    env: { ...collector.env, PRIVATE_HOSTS: "127.0.0.1:9", WARM_SESSIONS: "0" },
  });
  const caller = rig.caller({ to: TO });
  const over = caller.place();
  await hears(caller, rig, GREETING);
  await new Promise<void>((resolve) => caller.speech.say(CallerSpeech.tone(300, 600), resolve));
  await hears(caller, rig, ANSWER);
  await eventually("the agent is back", () => rig.logged("agent_back").length > 0);
  caller.hangUp();
  await over;
  await eventually("the call is over", () => rig.logged("call_ended").length > 0);
  rig.server.signal("SIGTERM");
  await rig.server.ended();

  const spans = ofCalls(collector);
  const tool = spans.find(({ name }) => name === "execute_tool lookup")!;
  assert.deepEqual([tool.status, tool.attributes["error.type"]], [2, "failed"]);
  const connects = spans.filter(({ name }) => name.startsWith("connect "));
  assert.equal(connects.length, 2);
  const [lost] = rig.logged("agent_down");
  assert.equal(connects[1].attributes["slimline.session.lost_by"], lost.code);
  assert.deepEqual(connects.map(({ status }) => status === 2), [false, false]);
});

Deno.test("a call that comes back from a transfer is one trace, and a collector that is away costs it nothing", async () => {
  const registry = new CallRegistry();
  const clock = new SystemClock();
  await using rest = new EmulatedTwilioApi({
    clock,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    registry,
  });
  await using collector = new OtlpReceiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", // nobody is there, at first
    TWILIO_API_URL: rest.url,
  };
  const away = [say(GREETING, 600), call("transfer_call", { target: "sales" })];
  const back = [say(ANSWER, 600)];
  await using rig = await ServerRig.start({
    agent: sessions(away, back, away, back),
    businesses: {
      "practice.json": {
        name: "Practice",
        numbers: [TO],
        instructions: "You answer for a practice.",
        transfers: [{ name: "sales", description: "Whoever sells.", number: "+15550100777" }],
      },
    },
    env: { ...collector.env, ...env, WARM_SESSIONS: "0" },
  });
  for (const endpoint of [env.OTEL_EXPORTER_OTLP_ENDPOINT, collector.env.OTEL_EXPORTER_OTLP_ENDPOINT]) {
    if (endpoint !== env.OTEL_EXPORTER_OTLP_ENDPOINT) {
      await rig.startAgain({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    }
    const caller = rig.caller({ to: TO, registry, onDial: () => ({ status: "no-answer" }) });
    const over = caller.place();
    await hears(caller, rig, GREETING);
    await new Promise<void>((resolve) => caller.speech.say(CallerSpeech.tone(300, 600), resolve));
    await hears(caller, rig, ANSWER);
    caller.hangUp();
    assert.deepEqual((await over).problems, []);
    await eventually("both streams are over", () => rig.logged("call_ended").length === 2);
  }
  rig.server.signal("SIGTERM");
  assert.equal(await rig.server.ended(), 0);

  const spans = ofCalls(collector);
  const roots = spans.filter(({ name }) => name === "invoke_agent Practice");
  assert.deepEqual(roots.map(({ attributes }) => attributes["slimline.call.end_reason"]), [
    "transferred",
    "caller_hung_up",
  ]);
  assert.equal(roots[1].parentSpanId, roots[0].spanId);
  assert.equal(roots[1].attributes["slimline.call.resumed_after"], "transfer_failed");
  assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([roots[0].traceId]));
});

Deno.test("each of several workers traces its calls", async () => {
  await using collector = new OtlpReceiver();
  await using rig = await ServerRig.start({ workers: 2, env: collector.env });
  const sids = await Promise.all(Array.from({ length: 6 }, async () => {
    const caller = rig.caller();
    const over = caller.place();
    await caller.until(() => caller.player.endMs > 0, 20_000);
    caller.hangUp();
    await over;
    return caller.callSid;
  }));
  await eventually("all are over", () => rig.logged("call_ended").length === sids.length);
  rig.server.signal("SIGTERM");
  assert.equal(await rig.server.ended(), 0);
  const roots = ofCalls(collector).filter(({ name }) => name.startsWith("invoke_agent "));
  const traced = roots.map(({ attributes }) => attributes["gen_ai.conversation.id"]);
  assert.deepEqual(traced.sort(), sids.sort());
  assert.equal(new Set(roots.map(({ traceId }) => traceId)).size, sids.length);
});

Deno.test("without OTEL_DENO nothing is collected, and nothing of it is loaded", async () => {
  const config = completeConfig({
    publicUrl: PUBLIC_URL,
    openaiApiKey: "sk-test",
    twilioAuthToken: "a token",
  });
  assert.equal(await callTracing(config), undefined);
});
