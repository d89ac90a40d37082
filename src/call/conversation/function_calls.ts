import type { ServerEvent } from "../../model/events.ts";
import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import { reasonOf } from "../../util/errors.ts";
import { isObject } from "../../util/is_object.ts";
import type { CallInfo } from "../call_summary.ts";
import type { CallControl } from "../../carrier/carrier.ts";
import type { Playback } from "../playback/playback.ts";
import type { Journal } from "../journal/journal.ts";
import { callableNumber } from "../../util/callable_number.ts";
import type { FunctionCall, Tool, ToolRun } from "../tools/tool.ts";
import { ToolBudget } from "../tools/tool_budget.ts";
import { type CallName, ToolRunner, type ToolRunnerEvents } from "../tools/tool_runner.ts";
import type { AnswerAudio } from "./answer_audio.ts";
import type { Remainder } from "../call_remains.ts";
import type { CallTimers } from "./call_timers.ts";
import { functionOutput } from "./client_events.ts";
import type { Goodbye } from "./goodbye.ts";
import type { ItemSender } from "./item_sender.ts";
import { McpCalls } from "./mcp_calls.ts";
import type { ResponseSequencer } from "./response_sequencer.ts";
import { ToolExits } from "./tool_exits.ts";

/** What function calls work with. */
export interface FunctionCallsParts {
  info: CallInfo;
  tools: readonly Tool[];
  control: Pick<CallControl, "exit" | "transfer" | "sendDigits" | "hangUp">;
  answer: Pick<AnswerAudio, "hasAnswered" | "turnBegan">;
  playback: Pick<Playback, "unheardMs">;
  clock: Clock;
  journal: Journal;
  log: Log;
  items: Pick<ItemSender, "isConnected" | "send" | "sendText">;
  sequencer: Pick<ResponseSequencer, "request" | "isUnconfirmed">;
  timers: Pick<CallTimers, "activity">;
  goodbye: Pick<Goodbye, "leaveBy" | "sayFirst">;
  /** The model has been told to call no more tools, and goes on all the same: the call must end. */
  onOverrun: () => void;
}

type OutputItemAdded = Extract<ServerEvent, { type: "response.output_item.added" }>;
type OutputItem = Extract<ServerEvent, { type: "response.output_item.done" }>;

/**
 * The model's calls of tools across sessions, those that OpenAI makes of MCP servers included. A session that
 * did not make a function call refuses its output, and is told as text.
 */
export class FunctionCalls implements ToolRunnerEvents, Disposable {
  readonly #parts: FunctionCallsParts;
  readonly #runner: ToolRunner;
  readonly #budget: ToolBudget;
  readonly #mcp = new McpCalls((call, tool) => this.#runner.start(call, tool));
  readonly #exits: ToolExits;
  /**
   * Function calls that the present session made. Holds none that the runner does not, so it cannot grow
   * beyond it.
   */
  #madeHere = new WeakSet<FunctionCall>();

  constructor(parts: FunctionCallsParts) {
    const { info, tools, clock } = parts;
    const { business } = info;
    this.#parts = parts;
    this.#budget = new ToolBudget(business.tools, parts.journal.toolCalls);
    this.#exits = new ToolExits({
      ...parts,
      business,
      othersDone: () => this.#runner.othersDone(),
      leavingIn: () => this.#runner.leavingIn,
    });
    this.#runner = new ToolRunner(
      tools,
      {
        callSid: info.callSid,
        businessId: business.id,
        from: info.from,
        to: info.to,
        callBackNumber: callableNumber(info.isOutbound ? info.to : info.from),
        control: this.#exits,
      },
      clock,
      {
        fillerAfterMs: business.tools.fillerAfterMs,
        budget: this.#budget,
        unheardMs: () => parts.playback.unheardMs,
      },
      this,
    );
  }

  /** True for a call that was started before. */
  knows(call: CallName): boolean {
    return this.#runner.knows(call);
  }

  /** Calls that have no output yet. */
  get running(): number {
    return this.#runner.running;
  }

  /** True while one of them takes a way out of the call, which may still be called off. */
  get isLeaving(): boolean {
    return this.#runner.leavingIn !== undefined;
  }

  /** Any event of the session. Returns true when the model has called something. */
  event(event: ServerEvent): boolean {
    switch (event.type) {
      case "response.output_item.added":
        return this.#mcpBegan(event);
      case "response.output_item.done":
        return this.#itemDone(event);
      case "conversation.item.done":
        if (event.item.type === "mcp_call") this.#mcp.itemDone(event.item);
        return false;
      case "response.mcp_call.completed":
      case "response.mcp_call.failed":
        this.#mcp.over(event.item_id);
        return false;
      case "mcp_list_tools.failed":
        this.#parts.log.warn("mcp_tools_unknown", { item: event.item_id });
        return false;
      default:
        return false;
    }
  }

  /** `response.created`: the model has in view what tools have given by now. */
  responseBegan(): void {
    this.#exits.resultsSeen();
  }

  /**
   * `response.done`, with its status.
   * @param written what it has written in place of saying it
   */
  responseDone(responseId: string, status: string, written = ""): void {
    this.#exits.wrote(responseId, written);
    if (status !== "completed") this.#mcp.cutOff(responseId);
    this.#runner.responseDone(responseId, status === "completed" || status === "incomplete");
  }

  /** The caller has said or done something. */
  turnBegan(): void {
    this.#budget.turnBegan();
    this.#parts.answer.turnBegan();
  }

  /** The session is gone; what this program is running goes on. */
  sessionLost(): void {
    this.#madeHere = new WeakSet();
    this.#mcp.sessionLost();
  }

  /** Another session has begun. */
  sessionBegan(): void {
    this.#madeHere = new WeakSet();
    this.#runner.forgetResponses();
  }

  /** The call is over. Returns what of its tools is still at work; undefined when nothing is. */
  end(): Remainder | undefined {
    return this.#runner.outlive() ? this.#runner : undefined;
  }

  [Symbol.dispose](): void {
    this.#runner[Symbol.dispose]();
  }

  #mcpBegan({ item, response_id }: OutputItemAdded): boolean {
    if (item.type !== "mcp_call") return false;
    if (this.#runner.knows({ responseId: response_id, callId: item.id })) return false;
    this.#mcp.began(item, response_id);
    return true;
  }

  /**
   * A function call counts only here and only when completed: other events also come for calls that were cut
   * off.
   */
  #itemDone({ item, response_id }: OutputItem): boolean {
    if (item.type === "mcp_call") this.#mcp.itemDone(item);
    if (item.type !== "function_call" || !isComplete(item) || !item.call_id) return false;
    const call: FunctionCall = {
      callId: item.call_id,
      itemId: item.id ?? "",
      responseId: response_id,
      name: item.name,
      arguments: argumentsOf(item),
    };
    this.#madeHere.add(call);
    this.#runner.start(call);
    return true;
  }

  onBegan(call: FunctionCall): void {
    this.#parts.journal.toolBegan(call);
  }

  onOutput(call: FunctionCall, output: string): void {
    const { timers, items } = this.#parts;
    timers.activity();
    if (this.#mcp.ended(call.callId)) return; // OpenAI has it, or the history of the next session
    if (this.#madeHere.has(call)) return items.send(functionOutput(call.callId, output));
    // A session that is yet to come finds it in the history.
    if (items.isConnected) items.sendText(`The result of ${call.name} is: ${output}`);
  }

  onSettled(wantsResponse: boolean): void {
    if (this.#budget.isOverrun) return this.#parts.onOverrun(); // another response would be the next round
    // What leaves the call now looks at it first, see ToolExits.
    if (wantsResponse && !this.isLeaving) {
      this.#parts.sequencer.request({ purpose: "continue", withoutTools: this.#budget.isSpent });
    }
  }

  onSlow(): void {
    const instructions = this.#parts.info.business.tools.fillerInstructions;
    this.#parts.sequencer.request({ purpose: "filler", instructions });
  }

  onFinished(run: ToolRun): void {
    const { outcome, durationMs, error } = run;
    this.#exits.finished(run);
    this.#parts.journal.tool(run);
    this.#parts.log.info("tool_finished", {
      tool: run.call.name,
      outcome,
      durationMs: Math.round(durationMs),
      ...error !== undefined && { message: reasonOf(error) },
    });
  }
}

/** Servers leave out the arguments of a tool that takes none, or write null. */
function argumentsOf({ arguments: text }: { arguments?: string | null }): string {
  return text ?? "";
}

/**
 * True for a call that was not cut off. Where its status is left out, one that was has arguments that end in
 * their middle.
 */
function isComplete(item: { status?: string | null; arguments?: string | null }): boolean {
  if (item.status) return item.status === "completed";
  const text = argumentsOf(item);
  try {
    return text === "" || isObject(JSON.parse(text));
  } catch {
    return false;
  }
}
