import { AppError } from "../../util/errors.ts";
import type { FunctionCall } from "./tool.ts";

/** How many tools a model may call. */
export interface ToolBudgetLimits {
  /** Between two turns of the caller. */
  readonly callsPerTurn: number;
  /** In the whole call. */
  readonly callsPerCall: number;
}

/**
 * Responses of one turn that may go on calling tools after they were told to stop. After that the call ends.
 */
const MAX_OVERRUNS = 2;

/**
 * How many tools the model may still call. A model that calls one tool after another keeps its caller in
 * silence, and pays for the whole conversation again each time.
 */
export class ToolBudget {
  readonly #limits: ToolBudgetLimits;
  #ofCall: number;
  #ofTurn = 0;
  readonly #overrun = new Set<string>();

  /** @param past tools that the call has called on earlier streams */
  constructor(limits: ToolBudgetLimits, past = 0) {
    this.#limits = limits;
    this.#ofCall = past;
  }

  /** Tools called by now, those refused included. */
  get calls(): number {
    return this.#ofCall;
  }

  /** True when the next call of a tool would be refused: the model is to answer without tools. */
  get isSpent(): boolean {
    return this.#ofTurn >= this.#limits.callsPerTurn || this.#ofCall >= this.#limits.callsPerCall;
  }

  /** True when the model has been told to stop and does not. */
  get isOverrun(): boolean {
    return this.#overrun.size > MAX_OVERRUNS;
  }

  /** The caller has said or done something: the model may look things up again. */
  turnBegan(): void {
    this.#ofTurn = 0;
    this.#overrun.clear();
  }

  /** Counts a call. Returns what to tell the model in place of running it; undefined when it may run. */
  take({ responseId }: FunctionCall): AppError | undefined {
    const { callsPerTurn, callsPerCall } = this.#limits;
    const isSpent = this.isSpent;
    this.#ofTurn++;
    this.#ofCall++;
    if (!isSpent) return undefined;
    if (!this.isOverrun) this.#overrun.add(responseId);
    const used = this.#ofCall > callsPerCall
      ? `The ${callsPerCall} tool calls of this telephone call are used up.`
      : `You have called ${callsPerTurn} tools since the caller spoke.`;
    return new AppError("tool_limit", `${used} Call no more tools: answer the caller with what you know.`);
  }
}
