import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import type { CallInfo } from "../../../src/call/call_summary.ts";
import { CallTrace, MAX_RESPONSES, MAX_SPANS } from "../../../src/call/journal/call_trace.ts";
import { UsageMeter } from "../../../src/call/journal/usage.ts";
import type { ToolOutcome, ToolRun } from "../../../src/call/tools/tool.ts";
import type { ServerEvent } from "../../../src/model/events.ts";
import type { Span, SpanAttributes, SpanOptions, Tracer } from "../../../src/observability/tracing/tracer.ts";
import { ManualClock } from "../../support/manual_clock.ts";

const EPOCH_MS = new ManualClock().epoch();
const INFO: CallInfo = {
  callSid: "CA1",
  accountSid: "AC1",
  from: "+15550100001",
  to: "+15550100100",
  business: DEFAULT_BUSINESS,
};

class KeptSpan implements Span {
  readonly context: string;
  attributes: SpanAttributes;
  /** Since the clock's beginning. */
  readonly startMs: number;
  readonly ends: { atMs: number; errorType: string | undefined }[] = [];

  constructor(readonly name: string, readonly options: SpanOptions, number: number) {
    this.context = `00-trace-${number}-01`;
    this.attributes = options.attributes;
    this.startMs = options.startMs - EPOCH_MS;
  }

  set(attributes: SpanAttributes): void {
    this.attributes = { ...this.attributes, ...attributes };
  }

  end(endMs: number, errorType?: string): void {
    this.ends.push({ atMs: endMs - EPOCH_MS, errorType });
  }

  get endMs(): number {
    return this.ends[0].atMs;
  }

  /** The name of the span that it is a part of. */
  get below(): string | undefined {
    const { parent } = this.options;
    return parent instanceof KeptSpan ? parent.name : parent as string | undefined;
  }
}

class KeepingTracer implements Tracer {
  readonly spans: KeptSpan[] = [];

  start(name: string, options: SpanOptions): Span {
    const span = new KeptSpan(name, options, this.spans.length);
    this.spans.push(span);
    return span;
  }

  named(name: string): KeptSpan[] {
    return this.spans.filter((span) => span.name === name);
  }
}

function setUp(before?: string, info: CallInfo = INFO) {
  const clock = new ManualClock();
  const tracer = new KeepingTracer();
  const trace = new CallTrace({ tracer, model: "m", serverAddress: "api.test", clock }, info, before);
  return { clock, tracer, trace };
}

function end({ trace, clock }: ReturnType<typeof setUp>): void {
  const usage = new UsageMeter().usage;
  trace.end({ reason: "caller_hung_up", errorCode: undefined, usage, costUsd: undefined }, clock.now());
}

const event = (type: string, fields: object = {}) => ({ type, ...fields }) as unknown as ServerEvent;
const started = event("input_audio_buffer.speech_started");
const stopped = event("input_audio_buffer.speech_stopped");
const created = (id: string) => event("response.created", { response: { id } });
const done = (id: string, fields: object = {}) =>
  event("response.done", { response: { id, status: "completed", ...fields } });

function run(responseId: string, startedAtMs: number, outcome: ToolOutcome = "done"): ToolRun {
  return {
    call: {
      callId: "call_1",
      itemId: "item_1",
      responseId,
      name: "lookup",
      arguments: '{"secret":"sesame"}',
    },
    outcome,
    output: '"sesame"',
    startedAtMs,
    durationMs: 40,
    error: undefined,
  };
}

Deno.test("CallTrace says of a call who answers it, from where, which way it goes and what it used", () => {
  const model = { "gen_ai.provider.name": "openai", "gen_ai.request.model": "m" };
  const bench = setUp();
  bench.trace.event(created("r1"));
  const tokens = {
    textIn: 1,
    audioIn: 20,
    cachedTextIn: 300,
    cachedAudioIn: 4_000,
    textOut: 5,
    audioOut: 60,
  };
  const usage = { ...new UsageMeter().usage, responses: 7, tokens: { ...tokens, unknown: 0 } };
  bench.trace.end({ reason: "limit_reached", errorCode: undefined, usage, costUsd: 0.5 }, bench.clock.now());
  const [root, connect, chat] = bench.tracer.spans;
  assert.deepEqual(root.attributes, {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.id": DEFAULT_BUSINESS.id,
    "gen_ai.agent.name": DEFAULT_BUSINESS.name,
    "gen_ai.conversation.id": "CA1",
    "gen_ai.output.type": "speech",
    "slimline.call.direction": "inbound",
    "slimline.call.resumed_after": undefined,
    ...model,
    "gen_ai.usage.input_tokens": 4_321,
    "gen_ai.usage.output_tokens": 65,
    "gen_ai.usage.cache_read.input_tokens": 4_300,
    "slimline.call.responses": 7,
    "slimline.call.end_reason": "limit_reached",
    "slimline.call.cost_usd": 0.5,
    "slimline.error.code": undefined,
    "slimline.spans.dropped": undefined,
  });
  assert.equal(root.ends[0].errorType, undefined, "a limit is no error");
  for (const span of [connect, chat]) {
    const { "server.address": address, ...rest } = span.attributes;
    assert.equal(address, "api.test");
    assert.deepEqual([rest["gen_ai.provider.name"], rest["gen_ai.request.model"]], ["openai", "m"]);
    assert.equal(span.options.kind, "client");
    assert.equal(span.options.parent, root);
  }
  const outbound = setUp(undefined, { ...INFO, isOutbound: true, resume: "transfer_failed" });
  const { attributes } = outbound.tracer.spans[0];
  assert.equal(attributes["slimline.call.direction"], "outbound");
  assert.equal(attributes["slimline.call.resumed_after"], "transfer_failed");
  end(outbound);
  assert.equal(outbound.tracer.named("connect m")[0].ends[0].errorType, "call_ended");
});

Deno.test("CallTrace tells Unix time, whatever the monotonic clock says", () => {
  const clock = new ManualClock();
  clock.advance(5_000);
  const tracer = new KeepingTracer();
  new CallTrace({ tracer, model: "m", serverAddress: "api.test", clock }, INFO);
  assert.equal(tracer.spans[0].startMs, 5_000);
});

Deno.test("CallTrace says how long the answer to a turn was waited for, and what became of its tools", () => {
  const bench = setUp();
  const { trace, clock, tracer } = bench;
  trace.event(stopped);
  trace.event(created("r1"));
  trace.answered({ responseId: "r1", receivedMs: 100.4, sentMs: 120.5, playedMs: 180.6 });
  clock.advance(200);
  trace.event(done("r1"));
  clock.advance(1_000);
  trace.tool(run("r1", 1_150, "timed_out"));
  trace.event(started);
  trace.tool(run("unknown", 1_160));
  end(bench);
  const [turn] = tracer.named("turn");
  assert.deepEqual(turn.attributes, {
    "slimline.turn.received_ms": 100,
    "slimline.turn.sent_ms": 121,
    "slimline.turn.played_ms": 181,
  });
  assert.equal(turn.endMs, 1_190, "with the tool's end");
  const [timedOut, good] = tracer.named("execute_tool lookup");
  assert.deepEqual([timedOut.ends[0].errorType, timedOut.options.parent], ["timed_out", turn]);
  assert.deepEqual([good.ends[0].errorType, good.options.parent], [undefined, tracer.spans[0]]);
  assert.equal(good.options.kind, "internal");
});

Deno.test("CallTrace ends a turn with the last thing that came of it", () => {
  const bench = setUp();
  const { trace, clock, tracer } = bench;
  trace.sessionReady();
  clock.advance(1_000);
  trace.event(stopped);
  clock.advance(100);
  trace.event(created("r1"));
  clock.advance(400);
  trace.event(done("r1"));
  clock.advance(50);
  trace.tool(run("r1", 1_505));
  trace.event(created("r2"));
  clock.advance(950);
  trace.event(done("r2"));
  clock.advance(3_000);
  trace.event(started);
  end(bench);
  const [turn] = tracer.named("turn");
  assert.deepEqual([turn.startMs, turn.endMs], [1_000, 2_500]);
  assert.deepEqual(tracer.named("chat m").map(({ below }) => below), ["turn", "turn"]);
  const [tool] = tracer.named("execute_tool lookup");
  assert.deepEqual([tool.below, tool.startMs, tool.endMs], ["turn", 1_505, 1_545]);
});

Deno.test("CallTrace gives a turn that nothing came of no time", () => {
  const bench = setUp();
  const { trace, clock, tracer } = bench;
  clock.advance(100);
  trace.event(stopped);
  clock.advance(300);
  trace.event(started);
  const [turn] = tracer.named("turn");
  assert.deepEqual([turn.startMs, turn.endMs], [100, 100]);
  end(bench);
});

Deno.test("CallTrace ends a turn with a response that outlasts its tool", () => {
  const bench = setUp();
  const { trace, clock, tracer } = bench;
  trace.event(stopped);
  trace.event(created("r1"));
  clock.advance(200);
  trace.event(done("r1"));
  trace.tool(run("r1", 110)); // until 150
  clock.advance(500);
  trace.event(started);
  assert.equal(tracer.named("turn")[0].endMs, 200);
  end(bench);
});

Deno.test("CallTrace waits with a turn's end for a response that the caller interrupted", () => {
  const bench = setUp();
  const { trace, clock, tracer } = bench;
  trace.event(stopped);
  trace.event(created("r1"));
  clock.advance(100);
  trace.event(started);
  const [turn] = tracer.named("turn");
  assert.deepEqual(turn.ends, []);
  clock.advance(30);
  trace.event(done("r1", { status: "cancelled" }));
  assert.deepEqual(turn.ends, [{ atMs: 130, errorType: undefined }]);
  const [chat] = tracer.named("chat m");
  assert.deepEqual(chat.attributes["gen_ai.response.finish_reasons"], ["cancelled"]);
  end(bench);
});

Deno.test("CallTrace says why a response failed or was incomplete, and what it used", () => {
  const bench = setUp();
  const { trace, tracer } = bench;
  trace.event(created("r1"));
  trace.event(
    done("r1", { status: "failed", status_details: { error: { code: "server_error", message: "sesame" } } }),
  );
  trace.event(created("r2"));
  trace.event(done("r2", {
    status: "incomplete",
    status_details: { reason: "max_output_tokens" },
    usage: { input_tokens: 70, output_tokens: 30, input_token_details: { cached_tokens: 20 } },
  }));
  trace.event(event("response.created", { response: { id: null } }));
  trace.event(event("response.done", { response: { id: null } }));
  trace.event(created("r3"));
  trace.event(done("r3", { status: "failed" }));
  end(bench);
  const [failed, incomplete, nameless, unexplained] = tracer.named("chat m");
  assert.deepEqual(nameless.attributes["gen_ai.response.finish_reasons"], ["completed"]);
  assert.equal(nameless.attributes["gen_ai.response.id"], "");
  assert.equal(nameless.ends[0].errorType, undefined);
  assert.equal(unexplained.ends[0].errorType, "_OTHER");
  assert.equal(failed.ends[0].errorType, "server_error");
  assert.equal(incomplete.ends[0].errorType, undefined);
  assert.deepEqual(incomplete.attributes["gen_ai.response.finish_reasons"], ["max_output_tokens"]);
  assert.equal(incomplete.attributes["gen_ai.usage.input_tokens"], 70);
  assert.equal(incomplete.attributes["gen_ai.usage.output_tokens"], 30);
  assert.equal(incomplete.attributes["gen_ai.usage.cache_read.input_tokens"], 20);
});

Deno.test("CallTrace has a span for each connection, and one that is never made ends with why", () => {
  const bench = setUp();
  const { trace, clock, tracer } = bench;
  clock.advance(300);
  trace.sessionReady();
  clock.advance(700);
  trace.event(created("r1"));
  trace.sessionLost("socket_closed");
  clock.advance(500);
  trace.sessionReady();
  trace.sessionReady(); // the next one before expiry
  trace.sessionLost("socket_closed");
  const usage = new UsageMeter().usage;
  trace.end({ reason: "agent_lost", errorCode: "too_late", usage, costUsd: 0.02 }, clock.now());
  const connects = tracer.named("connect m");
  assert.deepEqual(connects.map((span) => [span.startMs, span.endMs, span.ends[0].errorType]), [
    [0, 300, undefined],
    [1_000, 1_500, undefined],
    [1_500, 1_500, "too_late"],
  ]);
  assert.equal(tracer.named("chat m")[0].ends[0].errorType, "socket_closed");
  const [root] = tracer.spans;
  assert.equal(root.ends[0].errorType, "agent_lost");
  assert.equal(root.attributes["slimline.error.code"], "too_late");
  assert.equal(root.attributes["slimline.call.cost_usd"], 0.02);
});

Deno.test("CallTrace goes on with the trace of the stream before", () => {
  const first = setUp();
  const second = setUp(first.trace.context);
  assert.equal(second.tracer.spans[0].below, first.trace.context);
  end(second);
});

Deno.test("CallTrace makes no more than MAX_SPANS spans, counts the others, and goes on", () => {
  const bench = setUp();
  const { trace, tracer } = bench;
  trace.sessionReady();
  for (let turn = 0; turn < MAX_SPANS; turn++) {
    trace.event(stopped);
    trace.event(created(`r${turn}`));
    trace.event(done(`r${turn}`));
    trace.event(started);
  }
  end(bench);
  assert.equal(tracer.spans.length, MAX_SPANS);
  assert.equal(tracer.spans[0].attributes["slimline.spans.dropped"], 2 * MAX_SPANS + 2 - MAX_SPANS);
});

Deno.test("CallTrace counts a single span that there was no room for", () => {
  const bench = setUp();
  for (let made = 2; made <= MAX_SPANS; made++) bench.trace.tool(run("r1", 0));
  end(bench);
  assert.equal(bench.tracer.spans.length, MAX_SPANS);
  assert.equal(bench.tracer.spans[0].attributes["slimline.spans.dropped"], 1);
});

Deno.test("CallTrace keeps no more than MAX_RESPONSES responses", () => {
  const bench = setUp();
  const { trace, tracer } = bench;
  for (let number = 0; number <= MAX_RESPONSES + 1; number++) trace.event(created(`r${number}`));
  const ended = tracer.named("chat m").filter(({ ends }) => ends.length > 0);
  assert.deepEqual(
    ended.map(({ attributes, ends }) => [attributes["gen_ai.response.id"], ends[0].errorType]),
    [
      ["r0", "_OTHER"],
      ["r1", "_OTHER"],
    ],
  );
  end(bench);
});

Deno.test("CallTrace ends each of its spans once, not before it began, whatever comes, and with no words", () => {
  const id = fc.integer({ min: 0, max: 3 }).map((number) => `r${number}`);
  const step = fc.oneof(
    fc.constant(started),
    fc.constant(stopped),
    id.map(created),
    fc.tuple(id, fc.constantFrom("completed", "cancelled", "failed", "incomplete"))
      .map(([id, status]) => done(id, { status })),
    id.map((id) => ({ tool: id })),
    fc.constant("ready" as const),
    fc.constant("lost" as const),
  );
  fc.assert(fc.property(fc.array(fc.tuple(step, fc.nat(100)), { maxLength: 60 }), (steps) => {
    const bench = setUp();
    const { trace, clock, tracer } = bench;
    for (const [what, ms] of steps) {
      clock.advance(ms);
      if (what === "ready") trace.sessionReady();
      else if (what === "lost") trace.sessionLost("lost");
      else if ("tool" in what) trace.tool(run(what.tool, clock.now()));
      else trace.event(what);
    }
    clock.advance(50);
    end(bench);
    for (const span of tracer.spans) {
      assert.equal(span.ends.length, 1, span.name);
      assert.ok(span.endMs >= span.startMs, span.name);
    }
    const said = JSON.stringify(tracer.spans.map(({ name, attributes }) => [name, attributes]));
    assert.doesNotMatch(said, /sesame|\+1555/);
  }));
});
