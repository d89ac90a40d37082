import type { Business, TransferTarget } from "../businesses/business.ts";
import { createTools } from "../call/tools/business_tools.ts";
import { searchKnowledge } from "../call/tools/search_knowledge.ts";
import type { TakenMessage, Tool, ToolContext, ToolRun } from "../call/tools/tool.ts";
import { ToolRunner } from "../call/tools/tool_runner.ts";
import { type GuardedAnswer, type GuardedPost, GuardedRequests } from "../egress/guarded_requests.ts";
import { knowledgeKind, type KnowledgeServicesOptions } from "../services/knowledge_services.ts";

/** What a tool did beside its answer. */
export type ToolStep =
  /** It asked a service; `answer` is undefined where there was none. */
  | { step: "request"; post: GuardedPost; answer: GuardedAnswer | undefined; error?: unknown; tookMs: number }
  /** It would have acted on the call. */
  | { step: "control"; what: string }
  /** It takes long: the caller would hear a filler now. */
  | { step: "slow"; afterMs: number };

/** A tool of a business, run once, and what came of it. */
export interface ToolTrial {
  run: ToolRun;
  /** Milliseconds that it may take. */
  timeoutMs: number;
  steps: ToolStep[];
}

/** Who is on the call that the tool is run in. */
export interface TrialCall {
  from: string;
  to: string;
}

/** The tools of a business, as its calls have them, for a run without a call. */
export class TrialTools {
  readonly tools: readonly Tool[];
  readonly #business: Business;
  readonly #services: KnowledgeServicesOptions;
  readonly #steps: ToolStep[] = [];

  /** @throws {AppError} as `createTools` does */
  constructor(business: Business, services: KnowledgeServicesOptions, privateHosts: readonly string[]) {
    const { id, knowledge } = business;
    const { registry, clock } = services;
    const requests = new ShownRequests(privateHosts, () => clock.now(), (step) => this.#steps.push(step));
    const search = knowledge
      ? [searchKnowledge(knowledge, () => registry.acquire(knowledgeKind(services), id), clock)]
      : [];
    this.#business = business;
    this.#services = services;
    this.tools = createTools(business, clock, requests, search);
  }

  /** Runs one tool by the runner of calls: same checks, same time-out, same words for the model. */
  async run(name: string, args: string, { from, to }: TrialCall): Promise<ToolTrial> {
    const { clock } = this.#services;
    const { id, tools: { fillerAfterMs } } = this.#business;
    this.#steps.length = 0;
    const finished = Promise.withResolvers<ToolRun>();
    const context: Omit<ToolContext, "signal"> = {
      callSid: `CA${"0".repeat(32)}`,
      businessId: id,
      from,
      to,
      callBackNumber: /^\+\d+$/.test(from) ? from : undefined,
      control: this.#control(),
    };
    using runner = new ToolRunner(this.tools, context, clock, { fillerAfterMs }, {
      onBegan() {},
      onOutput() {},
      onSettled() {},
      onSlow: () => this.#steps.push({ step: "slow", afterMs: fillerAfterMs }),
      onFinished: finished.resolve,
    });
    runner.start({ callId: "call_trial", itemId: "item_trial", responseId: TRIAL, name, arguments: args });
    runner.responseDone(TRIAL);
    const run = await finished.promise;
    const timeoutMs = this.tools.find((tool) => tool.name === name)?.timeoutMs ?? 0;
    return { run, timeoutMs, steps: [...this.#steps] };
  }

  /** There is no call to act on: what would be done is told. */
  #control(): ToolContext["control"] {
    const told = (what: string) => void this.#steps.push({ step: "control", what });
    return {
      exit: undefined,
      transfer: ({ name, number }: TransferTarget) =>
        Promise.resolve(told(`put through to ${name}, ${number}`)),
      sendDigits: (digits: string) => Promise.resolve(told(`keys pressed: ${digits}`)),
      hangUp: () => Promise.resolve(told("hung up")),
      takeMessage: ({ callerName, number, text }: TakenMessage) =>
        told(`message of ${callerName} (${number ?? "no number"}): ${text}`),
    };
  }
}

const TRIAL = "resp_trial";

/** Sends what tools send, and notes it. */
class ShownRequests extends GuardedRequests {
  readonly #now: () => number;
  readonly #onStep: (step: ToolStep) => void;

  constructor(privateHosts: readonly string[], now: () => number, onStep: (step: ToolStep) => void) {
    super({ privateHosts });
    this.#now = now;
    this.#onStep = onStep;
  }

  override async post(post: GuardedPost): Promise<GuardedAnswer> {
    const startMs = this.#now();
    const tookMs = () => this.#now() - startMs;
    try {
      const answer = await super.post(post);
      this.#onStep({ step: "request", post, answer, tookMs: tookMs() });
      return answer;
    } catch (error) {
      this.#onStep({ step: "request", post, answer: undefined, error, tookMs: tookMs() });
      throw error;
    }
  }
}
