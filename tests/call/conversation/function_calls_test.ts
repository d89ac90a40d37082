import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import { FunctionCalls } from "../../../src/call/conversation/function_calls.ts";
import { Journal } from "../../../src/call/journal/journal.ts";
import type { Tool, ToolContext } from "../../../src/call/tools/tool.ts";
import { Metrics } from "../../../src/observability/metrics/metrics.ts";
import { FakeCallControl } from "../../support/fake_call_control.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { RecordingLog } from "../../support/recording_log.ts";
import { settle } from "../../support/microtasks.ts";

Deno.test("FunctionCalls tells a tool of its call what a tool may know, and nothing else", async () => {
  const clock = new ManualClock();
  const contexts: ToolContext[] = [];
  const look: Tool = {
    name: "look_up",
    description: "",
    parameters: { type: "object" },
    timeoutMs: 1_000,
    run(_args, context) {
      contexts.push(context);
      return Promise.resolve({ output: {}, wantsResponse: true });
    },
  };
  using calls = new FunctionCalls({
    info: {
      callSid: "CA1",
      accountSid: "AC1",
      from: "+15550100001",
      to: "+15550100000",
      business: { ...DEFAULT_BUSINESS, id: "dentist" },
      safetyId: "0123456789abcdef",
    },
    tools: [look],
    control: new FakeCallControl(),
    clock,
    journal: new Journal(clock, new Metrics()),
    log: new RecordingLog(),
    items: { isConnected: true, send() {}, sendText() {} },
    sequencer: { request() {}, isUnconfirmed: false },
    timers: { activity() {} },
    goodbye: { sayFirst: () => Promise.resolve(), leaveBy: () => Promise.resolve() },
    answer: { hasAnswered: true, turnBegan() {} },
    playback: { unheardMs: 0 },
    onOverrun() {},
  });
  calls.event({
    type: "response.output_item.done",
    event_id: "e1",
    output_index: 0,
    response_id: "r1",
    item: {
      type: "function_call",
      id: "item_1",
      call_id: "c1",
      name: "look_up",
      arguments: "{}",
      status: "completed",
    },
  });
  await settle();
  assert.equal(contexts.length, 1);
  const { control: _, signal: __, ...known } = contexts[0];
  assert.deepEqual(known, {
    callSid: "CA1",
    businessId: "dentist",
    from: "+15550100001",
    to: "+15550100000",
    callBackNumber: "+15550100001",
  });
});

Deno.test("FunctionCalls gives a model up that goes on calling tools after it was told to stop", async () => {
  const clock = new ManualClock();
  let ran = 0;
  const look: Tool = {
    name: "look_up",
    description: "Looks something up.",
    parameters: { type: "object", properties: {} },
    timeoutMs: 1_000,
    run: () => Promise.resolve({ output: ++ran, wantsResponse: true }),
  };
  const requests: (boolean | undefined)[] = [];
  const outputs: string[] = [];
  let overruns = 0;
  using calls = new FunctionCalls({
    info: {
      callSid: "CA1",
      accountSid: "AC1",
      from: "+15550100001",
      to: "+15550100000",
      business: { ...DEFAULT_BUSINESS, tools: { ...DEFAULT_BUSINESS.tools, callsPerTurn: 2 } },
    },
    tools: [look],
    control: new FakeCallControl(),
    clock,
    journal: new Journal(clock, new Metrics()),
    log: new RecordingLog(),
    items: { isConnected: true, send: (event) => void outputs.push(JSON.stringify(event)), sendText() {} },
    sequencer: { request: ({ withoutTools }) => void requests.push(withoutTools), isUnconfirmed: false },
    timers: { activity() {} },
    goodbye: { sayFirst: () => Promise.resolve(), leaveBy: () => Promise.resolve() },
    answer: { hasAnswered: true, turnBegan() {} },
    playback: { unheardMs: 0 },
    onOverrun: () => void overruns++,
  });
  const round = async (number: number) => {
    calls.event({
      type: "response.output_item.done",
      event_id: `e${number}`,
      output_index: 0,
      response_id: `r${number}`,
      item: {
        type: "function_call",
        id: `item_${number}`,
        call_id: `c${number}`,
        name: "look_up",
        arguments: "{}",
        status: "completed",
      },
    });
    await settle();
    calls.responseDone(`r${number}`, "completed");
  };
  for (let number = 1; number <= 5; number++) await round(number);
  assert.equal(ran, 2, "the others were refused");
  assert.deepEqual(
    requests,
    [false, true, true, true],
    "from the limit on it is asked to answer without tools",
  );
  assert.match(outputs[2], /Call no more tools/);
  assert.equal(overruns, 1, "no response is asked for any more: the call ends");
  calls.turnBegan();
  await round(6);
  assert.equal(ran, 3, "the caller's next turn is another");
});
