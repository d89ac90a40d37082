import { after, type Clock, type Timer, within } from "../../util/clock.ts";
import { AppError } from "../../util/errors.ts";
import { RecentIds } from "../../util/recent_ids.ts";
import type { CallExit } from "../../carrier/carrier.ts";
import type { Remainder } from "../call_remains.ts";
import { hangUpReplaced } from "../../carrier/control_errors.ts";
import { leavingControl } from "./leaving_control.ts";
import { prepare, type PreparedCall } from "./prepare_call.ts";
import { OpenResponses, type ResponseCalls } from "./response_calls.ts";
import {
  type FunctionCall,
  LEFT,
  outputText,
  tellableMessage,
  type Tool,
  type ToolContext,
  type ToolOutcome,
  type ToolRun,
} from "./tool.ts";
import type { ToolBudget } from "./tool_budget.ts";

/** Tools of one response that may run at the same time; further calls get an error as output. */
export const MAX_PARALLEL_PER_RESPONSE = 8;
/** Tools of one telephone call that may run at the same time; further calls get an error as output. */
export const MAX_PARALLEL_PER_CALL = 16;
/** Finished function calls remembered, so that one that is reported again is not run again. */
const MAX_REMEMBERED_CALLS = 256;

/** What tells a function call from all others. */
export type CallName = Pick<FunctionCall, "responseId" | "callId">;

/** Not every server gives each call of a talk an id of its own: some count anew in each response. */
function nameOf({ responseId, callId }: CallName): string {
  return `${responseId} ${callId}`;
}

/** What becomes of function calls. The runner has finished its own part before it tells; none may throw. */
export interface ToolRunnerEvents {
  /** A function call is about to be run, or refused. Once for each call started. */
  onBegan(call: FunctionCall): void;
  /**
   * Send this as `function_call_output`. Exactly once for each call started, unless the runner is disposed of
   * first.
   */
  onOutput(call: FunctionCall, output: string): void;
  /**
   * All function calls of a response have their output and the response is done: time for one
   * `response.create`, if `wantsResponse` (false when no tool wants the model to go on). Once for each
   * response that had function calls; a call that is reported only after that settles once more, since its
   * output needs an answer too.
   */
  onSettled(wantsResponse: boolean, responseId: string): void;
  /** A tool of this response takes long: say something. At most once for each response. */
  onSlow(responseId: string): void;
  /** A function call is over. Once for each call started, when the runner is disposed of at the latest. */
  onFinished(run: ToolRun): void;
}

/** How long a caller waits in silence for tools. */
export interface ToolRunnerOptions {
  /** A tool that takes longer than this is reported as slow, in milliseconds. */
  readonly fillerAfterMs: number;
  /** Milliseconds of audio that the caller has not heard yet. Default: none. */
  readonly unheardMs?: () => number;
  /** How many tools may be called. Default: any number. */
  readonly budget?: ToolBudget;
}

/** A function call that has no output yet. */
interface OpenCall {
  readonly call: FunctionCall;
  /** The way out of the call that its tool takes. */
  exit: CallExit | undefined;
  /** What it will do once its response is done: a way out of the call waits for what the response says. */
  waiting: PreparedCall | undefined;
  /** What its tool is at work on, by the tool's name and its arguments. */
  work: string | undefined;
  /** Somebody else does it, who is not heard of any more when the call is over. */
  readonly isFollower: boolean;
  /** Another call that asked for the same work before, and whose result is the result of this one, too. */
  first: OpenCall | undefined;
  readonly response: ResponseCalls;
  readonly startedAtMs: number;
  readonly abort: AbortController;
  readonly timers: Timer[];
}

/**
 * Runs the model's function calls beside the conversation: several at once, each with a time-out, each
 * answered exactly once whatever happens, and each response followed by one `response.create` after its last
 * output (OpenAI, "Realtime conversations"). A tool that goes on after its time-out is no longer waited for,
 * and its late result is dropped.
 */
export class ToolRunner implements Remainder, Disposable {
  readonly #tools: readonly Tool[];
  readonly #context: Omit<ToolContext, "signal">;
  readonly #clock: Clock;
  readonly #options: ToolRunnerOptions;
  readonly #events: ToolRunnerEvents;
  /** By {@link nameOf} their calls. */
  readonly #open = new Map<string, OpenCall>();
  readonly #responses = new OpenResponses();
  readonly #finishedCalls = new RecentIds(MAX_REMEMBERED_CALLS);
  /** Told once no tool is at work but those that leave the call. At most one for each of these. */
  #whenOthersDone: (() => void)[] = [];
  /** The stream is over: nothing is begun, told or answered any more. */
  #isOver = false;
  #isOutliving = false;

  constructor(
    tools: readonly Tool[],
    context: Omit<ToolContext, "signal">,
    clock: Clock,
    options: ToolRunnerOptions,
    events: ToolRunnerEvents,
  ) {
    this.#tools = tools;
    this.#context = context;
    this.#clock = clock;
    this.#options = options;
    this.#events = events;
  }

  /** Function calls that have no output yet. */
  get running(): number {
    return this.#open.size;
  }

  /** The response whose tool is leaving the call now; undefined when none is. */
  get leavingIn(): string | undefined {
    for (const { exit, waiting, response } of this.#open.values()) if (exit && !waiting) return response.id;
    return undefined;
  }

  /** Resolves once no tool is at work but those that leave the call. Never when the stream ends first. */
  othersDone(): Promise<void> {
    if (!this.#hasOthers) return Promise.resolve();
    return new Promise((resolve) => this.#whenOthersDone.push(resolve));
  }

  get #hasOthers(): boolean {
    return [...this.#open.values()].some(({ exit }) => exit === undefined);
  }

  /** True for a call that was started before, as far back as they are remembered. */
  knows(call: CallName): boolean {
    const name = nameOf(call);
    return this.#open.has(name) || this.#finishedCalls.has(name);
  }

  /**
   * Starts a function call. One that was started before is ignored.
   * @param follower waits for a call that somebody else answers, in place of a tool that does it
   */
  start(call: FunctionCall, follower?: Tool): void {
    if (this.#isOver || this.knows(call)) return;
    const oldest = this.#responses.oneTooMany(call.responseId);
    if (oldest !== undefined) this.responseDone(oldest);
    const response = this.#responses.at(call.responseId);
    const isOneTooMany = response.running >= MAX_PARALLEL_PER_RESPONSE ||
      this.#open.size >= MAX_PARALLEL_PER_CALL;
    const open: OpenCall = {
      call,
      exit: undefined,
      waiting: undefined,
      work: undefined,
      isFollower: follower !== undefined,
      first: undefined,
      response,
      startedAtMs: this.#clock.now(),
      abort: new AbortController(),
      timers: [],
    };
    this.#open.set(nameOf(call), open);
    response.running++;
    this.#events.onBegan(call);
    const overBudget = this.#options.budget?.take(call);
    try {
      if (isOneTooMany) {
        throw new AppError("tool_too_many", "Too many tools are running. Try again in a moment.");
      }
      const prepared = follower ? { tool: follower, args: {} } : prepare(call, this.#tools);
      // A model that hangs up has stopped; and what somebody else answers cannot be refused.
      if (overBudget && !follower && prepared.tool.exit !== "agent_hung_up") throw overBudget;
      open.exit = prepared.tool.exit;
      if (!follower) this.#share(open, prepared);
      if (!open.first) this.#armTimeout(open, prepared.tool);
      this.#armFiller(open, this.#options.fillerAfterMs);
      if (open.first) return;
      if (open.exit !== undefined && !response.isDone) open.waiting = prepared;
      else void this.#run(open, prepared);
    } catch (error) {
      this.#fail(open, "refused", error);
    }
  }

  /**
   * `response.done` came.
   * @param isWhole false: the response was cut off. What waited for its end is not done then.
   */
  responseDone(responseId: string, isWhole = true): void {
    const response = this.#responses.done(responseId);
    if (!response) return;
    for (const resolve of response.whenDone.splice(0)) resolve();
    const exits = [...this.#open.values()].flatMap((open) =>
      open.response === response && open.waiting ? [{ open, prepared: open.waiting }] : []
    );
    const isElsewhere = isWhole && exits.some(({ open }) => open.exit !== "agent_hung_up");
    for (const { open, prepared } of exits) {
      open.waiting = undefined;
      // Put through and hung up on in one breath, a caller is put through.
      if (isElsewhere && open.exit === "agent_hung_up") this.#replace(open);
      else if (isWhole) void this.#run(open, prepared);
      else this.#cutOff(open);
    }
    this.#settle(response);
  }

  /**
   * The session that made them is gone, so `response.done` will never come for its responses. What is running
   * goes on, and its response settles when it ends; the new session does not know the call id, so its output
   * must be told as text.
   */
  forgetResponses(): void {
    for (const responseId of this.#responses.ids) this.responseDone(responseId, false);
  }

  /**
   * The stream is over, and ways out of the call are over with it. What a business's own tools are doing goes
   * on, each until its time-out at most, since somebody wants to know of it: a booking, say. No outputs after
   * this. Returns whether any is at work.
   */
  outlive(): boolean {
    this.#close();
    for (const open of [...this.#open.values()]) if (open.exit || open.isFollower) this.#cease(open);
    this.#isOutliving = this.#open.size > 0;
    return this.#isOutliving;
  }

  afterwards(run: () => void): void {
    if (this.#open.size === 0) run();
    else this.#whenOthersDone.push(run);
  }

  end(): void {
    for (const open of [...this.#open.values()]) this.#cease(open);
  }

  /** The stream is over: aborts what is running, unless it is to outlive that. No outputs after this. */
  [Symbol.dispose](): void {
    if (this.#isOutliving) return;
    this.#close();
    this.end();
  }

  #close(): void {
    this.#isOver = true;
    this.#whenOthersDone = [];
    this.#responses.clear();
  }

  /**
   * Is waited for no longer. The tool whose way out the call has taken has done its work, though Twilio's
   * answer to it is still to come.
   */
  #cease(open: OpenCall): void {
    if (!this.#isOpen(open)) return; // with another one that did the same
    const { exit } = this.#context.control;
    const isDone = exit !== undefined && open.exit === exit;
    if (isDone) this.#finish(open, "done", outputText(LEFT.output), false, undefined);
    else this.#finish(open, "call_ended", "", false, undefined);
    open.abort.abort(new AppError("call_ended", "The call has ended."));
  }

  /**
   * What is asked for again while it is being done is not done twice: models repeat a call within one
   * response, or when the caller asks what keeps them.
   */
  #share(open: OpenCall, { tool, args }: PreparedCall): void {
    open.work = `${tool.name} ${JSON.stringify(args)}`;
    for (const other of this.#open.values()) {
      if (other !== open && other.work === open.work && !other.first) open.first = other;
    }
  }

  #armTimeout(open: OpenCall, tool: Tool): void {
    open.timers.push(within(this.#clock, tool.timeoutMs, () => {
      const error = new AppError(
        "tool_timeout",
        "The tool did not answer in time. It is not known whether it has done anything.",
      );
      this.#fail(open, "timed_out", error);
      open.abort.abort(error);
    }));
  }

  /** A caller who still hears what was said is not told to wait: the time counts from the end of that. */
  #armFiller(open: OpenCall, delayMs: number): void {
    const { fillerAfterMs, unheardMs = () => 0 } = this.#options;
    open.timers.push(after(this.#clock, delayMs, () => {
      if (open.response.isSlow || this.#isOver || open.exit) return;
      const unheard = unheardMs();
      if (unheard > 0) return this.#armFiller(open, unheard + fillerAfterMs);
      open.response.isSlow = true;
      this.#events.onSlow(open.response.id);
    }));
  }

  async #run(open: OpenCall, { tool, args }: PreparedCall): Promise<void> {
    let output: string;
    let wantsResponse: boolean;
    try {
      await Promise.resolve(); // the event that brought the call is dealt with first
      open.abort.signal.throwIfAborted();
      const control = tool.exit
        ? this.#context.control
        : leavingControl(this.#context.control, (exit, way) => this.#leave(open, exit, way));
      const result = await tool.run(args, { ...this.#context, control, signal: open.abort.signal });
      output = outputText(result.output);
      const hasLeft = tool.exit === undefined && open.exit !== undefined;
      wantsResponse = result.wantsResponse && !hasLeft; // nobody would hear it
    } catch (error) {
      return this.#fail(open, "failed", error);
    }
    if (this.#isOpen(open)) this.#finish(open, "done", output, wantsResponse, undefined);
  }

  /** A tool takes a way out of the call that it has not said beforehand: it is one that leaves by now. */
  async #leave(open: OpenCall, exit: CallExit, way: () => Promise<void>): Promise<void> {
    const { response } = open;
    if (!response.isDone) await new Promise<void>((resolve) => response.whenDone.push(resolve));
    open.exit = exit;
    this.#tellOthersDone();
    try {
      await way();
    } catch (error) {
      open.exit = undefined;
      throw error;
    }
  }

  #fail(open: OpenCall, outcome: ToolOutcome, error: unknown): void {
    if (!this.#isOpen(open)) return; // what a tool throws on being aborted is no news
    this.#finish(open, outcome, outputText({ error: tellableMessage(error) }), true, error);
  }

  #cutOff(open: OpenCall): void {
    this.#fail(open, "refused", new AppError("answer_cut_off", "Your answer was cut off. The call goes on."));
  }

  /** Another call of the same response does what goes before this one. */
  #replace(open: OpenCall): void {
    const reason = hangUpReplaced();
    this.#finish(open, "refused", outputText({ ended: false, reason: reason.message }), false, reason);
  }

  #isOpen(open: OpenCall): boolean {
    return this.#open.get(nameOf(open.call)) === open;
  }

  #finish(
    open: OpenCall,
    outcome: ToolOutcome,
    output: string,
    wantsResponse: boolean,
    error: unknown,
  ): void {
    open.response.wantsResponse ||= wantsResponse;
    const others = [...this.#open.values()].filter(({ first }) => first === open);
    const ended = [open, ...others];
    for (const { call, response, startedAtMs, timers } of ended) {
      this.#open.delete(nameOf(call));
      this.#finishedCalls.add(nameOf(call));
      for (const timer of timers) timer.cancel();
      response.running--;
      const durationMs = this.#clock.now() - startedAtMs;
      this.#events.onFinished({ call, outcome, output, startedAtMs, durationMs, error });
      if (!this.#isOver) this.#events.onOutput(call, output);
    }
    // Last, so that the one answer to all of them has all their outputs in view.
    for (const { response } of ended) this.#settle(response);
    this.#tellOthersDone();
  }

  #tellOthersDone(): void {
    if (this.#whenOthersDone.length === 0 || this.#hasOthers) return;
    for (const resolve of this.#whenOthersDone.splice(0)) resolve();
  }

  #settle(response: ResponseCalls): void {
    if (this.#responses.settles(response)) this.#events.onSettled(response.wantsResponse, response.id);
  }
}
