import type { CallExit } from "../../../src/carrier/carrier.ts";
import type { FunctionCall, Tool, ToolContext, ToolResult, ToolRun } from "../../../src/call/tools/tool.ts";
import { ToolRunner, type ToolRunnerOptions } from "../../../src/call/tools/tool_runner.ts";
import { FakeCallControl } from "../../support/fake_call_control.ts";
import { ManualClock } from "../../support/manual_clock.ts";

/** A tool whose runs a test ends by hand, by the `id` in their arguments. */
export class HandTool implements Tool {
  readonly description = "";
  readonly parameters = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
  readonly runs = new Map<string, PromiseWithResolvers<ToolResult> & { signal: AbortSignal }>();

  constructor(readonly name: string, readonly timeoutMs: number, readonly exit?: CallExit) {}

  run({ id }: Record<string, unknown>, { signal }: ToolContext): Promise<ToolResult> {
    const ending = { ...Promise.withResolvers<ToolResult>(), signal };
    this.runs.set(String(id), ending);
    return ending.promise;
  }

  finish(id: string, output: unknown, wantsResponse = true): void {
    this.runs.get(id)?.resolve({ output, wantsResponse });
  }
}

/** A runner with what it reported. */
export class RunnerBench {
  readonly clock = new ManualClock();
  readonly control = new FakeCallControl();
  readonly began: string[] = [];
  readonly outputs: [callId: string, output: string][] = [];
  readonly settled: [responseId: string, wantsResponse: boolean][] = [];
  readonly slow: string[] = [];
  readonly finished: ToolRun[] = [];
  readonly runner: ToolRunner;

  constructor(tools: readonly Tool[], fillerAfterMs = 1_000, options: Partial<ToolRunnerOptions> = {}) {
    const { signal: _, ...context } = toolContext(this.control);
    this.runner = new ToolRunner(tools, context, this.clock, { fillerAfterMs, ...options }, {
      onBegan: ({ callId }) => this.began.push(callId),
      onOutput: (call, output) => this.outputs.push([call.callId, output]),
      onSettled: (wantsResponse, responseId) => this.settled.push([responseId, wantsResponse]),
      onSlow: (responseId) => this.slow.push(responseId),
      onFinished: (run) => this.finished.push(run),
    });
  }

  /** Starts `name` with its own call id as the argument `id`, or with the argument text given. */
  start(name: string, callId: string, responseId = "r1", text = JSON.stringify({ id: callId })): void {
    this.runner.start(functionCall(name, callId, responseId, text));
  }
}

export function functionCall(
  name: string,
  callId = "c1",
  responseId = "r1",
  text = "{}",
): FunctionCall {
  return { name, callId, itemId: `item_${callId}`, responseId, arguments: text };
}

export function toolContext(control: FakeCallControl, signal = new AbortController().signal): ToolContext {
  const from = "+15550100";
  return {
    callSid: "CA1",
    businessId: "dentist",
    from,
    to: "+15550199",
    callBackNumber: from,
    signal,
    control,
  };
}
