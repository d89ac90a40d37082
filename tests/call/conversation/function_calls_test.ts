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
    sequencer: { request() {} },
    timers: { activity() {} },
    goodbye: { hangUp: () => Promise.resolve() },
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
  });
});
