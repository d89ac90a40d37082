import type { TransferTarget } from "../../businesses/business.ts";
import type { ClientEvent, ServerEvent } from "../../realtime/events.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Clock } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import type { CallInfo } from "../call_info.ts";
import type { CallControl, CallExit, TakenMessage } from "../control/call_control.ts";
import type { Journal } from "../journal/journal.ts";
import type { Tool } from "../tools/tool.ts";
import type { FunctionCall, ToolRun } from "../tools/tool_run.ts";
import { ToolRunner } from "../tools/tool_runner.ts";
import { functionOutput, textMessage } from "./client_events.ts";
import type { ResponseRequest } from "./response_sequencer.ts";

/** What function calls work with. */
export interface FunctionCallsParts {
  info: CallInfo;
  tools: readonly Tool[];
  control: CallControl;
  clock: Clock;
  journal: Journal;
  log: Log;
}

/** What function calls do to the conversation. */
export interface FunctionCallsPort {
  /** True while there is a session. */
  isUp(): boolean;
  send(event: ClientEvent): void;
  request(request: ResponseRequest): void;
  /** A tool has done something: the call is not silent. */
  activity(): void;
  /** Hangs up when everything said was heard, unless the caller speaks before that. */
  hangUp(): Promise<void>;
}

type OutputItem = Extract<ServerEvent, { type: "response.output_item.done" }>;

/** The model's function calls across sessions: a session that did not make a call refuses its output, and is told as text. */
export class FunctionCalls implements Disposable {
  readonly #parts: FunctionCallsParts;
  readonly #port: FunctionCallsPort;
  readonly #runner: ToolRunner;
  /** Running calls that the present session made. Bounded by the runner. */
  readonly #madeHere = new Set<string>();

  constructor(parts: FunctionCallsParts, port: FunctionCallsPort) {
    const { info, tools, control, clock } = parts;
    const { business } = info;
    this.#parts = parts;
    this.#port = port;
    this.#runner = new ToolRunner(
      tools,
      {
        ...info,
        businessId: business.id,
        control: new ToolControl(control, port),
      },
      clock,
      { fillerAfterMs: business.tools.fillerAfterMs },
      {
        onOutput: (call, output) => this.#onOutput(call, output),
        onSettled: (_responseId, wantsResponse) => {
          if (wantsResponse) port.request({ purpose: "continue" });
        },
        onSlow: () => port.request({ purpose: "filler", instructions: business.tools.fillerInstructions }),
        onFinished: (run) => this.#onFinished(run),
      },
    );
  }

  /** Calls that have no output yet. */
  get running(): number {
    return this.#runner.running;
  }

  /**
   * An item of a response is done. A function call counts only here and only when completed: other events also come for
   * calls that were cut off. Returns true when it was one.
   */
  itemDone({ item, response_id }: OutputItem): boolean {
    if (item.type !== "function_call" || item.status !== "completed" || !item.call_id) return false;
    this.#madeHere.add(item.call_id);
    this.#runner.start({
      callId: item.call_id,
      itemId: item.id ?? "",
      responseId: response_id,
      name: item.name,
      arguments: item.arguments,
    });
    return true;
  }

  responseDone(responseId: string): void {
    this.#runner.responseDone(responseId);
  }

  /** The session is gone; what is running goes on. */
  sessionLost(): void {
    this.#madeHere.clear();
  }

  /** Another session has begun. */
  sessionBegan(): void {
    this.#madeHere.clear();
    this.#runner.sessionLost();
  }

  [Symbol.dispose](): void {
    this.#runner[Symbol.dispose]();
  }

  #onOutput(call: FunctionCall, output: string): void {
    const port = this.#port;
    port.activity();
    if (this.#madeHere.delete(call.callId)) return port.send(functionOutput(call.callId, output));
    // A session that is yet to come finds it in the history.
    if (port.isUp()) port.send(textMessage(`The result of ${call.name} is: ${output}`));
  }

  #onFinished(run: ToolRun): void {
    const { outcome, durationMs, error } = run;
    this.#parts.journal.tool(run);
    this.#parts.log.info("tool_finished", {
      tool: run.call.name,
      outcome,
      durationMs: Math.round(durationMs),
      ...error !== undefined && { message: messageOf(error) },
    });
  }
}

/**
 * What tools can do about the call. Hanging up is for the conversation to do, which lets the caller speak before that. A
 * class: an object literal with a getter would hold 1.3 KB for each call, hidden classes of its own included.
 */
class ToolControl implements CallControl {
  readonly #control: CallControl;
  readonly #port: FunctionCallsPort;

  constructor(control: CallControl, port: FunctionCallsPort) {
    this.#control = control;
    this.#port = port;
  }

  get exit(): CallExit | undefined {
    return this.#control.exit;
  }

  hangUp(): Promise<void> {
    return this.#port.hangUp();
  }

  transfer(target: TransferTarget): Promise<void> {
    return this.#control.transfer(target);
  }

  sendDigits(digits: string): Promise<void> {
    return this.#control.sendDigits(digits);
  }

  takeMessage(message: TakenMessage): void {
    this.#control.takeMessage(message);
  }
}
