import type { Agent, AgentOutput, AgentRequest, Trigger } from "../agent.ts";
import { readAloud } from "../agents/reader.ts";
import { invalidValue } from "../checks.ts";
import type { FunctionCallOutputItem, Item } from "../items.ts";
import { ProtocolError } from "../protocol_error.ts";
import type { FormatConfig, SessionConfig } from "../session_config.ts";
import type { SessionHost } from "../session_host.ts";
import { type CancelReason, type ResponsePlan, ResponseRun } from "./response_run.ts";
import { inputTokens, type TokenCount } from "./response_usage.ts";

/** Responses outside the conversation that may run at a time; more are refused. */
const MAX_PARALLEL_RESPONSES = 16;
/** Outputs of function calls that one response is told of; the oldest goes beyond it. */
const MAX_TOOL_OUTPUTS = 64;

/** `response` of `response.create`, checked. Given fields override the session's, for this response only. */
export interface ResponseParams {
  instructions?: string;
  conversation?: "auto" | "none";
  input?: readonly (Item | { type: "item_reference"; id: string })[];
  output_modalities?: readonly ("audio" | "text")[];
  audio?: { output?: { format?: FormatConfig; voice?: unknown } };
  max_output_tokens?: number | "inf";
  metadata?: Readonly<Record<string, string>> | null;
  tool_choice?: unknown;
}

/** The responses of a session: one at a time in its conversation, others beside it. */
export class Responses {
  readonly #host: SessionHost;
  readonly #onDone: (run: ResponseRun) => void;
  readonly #beside = new Set<ResponseRun>();
  #active: ResponseRun | undefined;
  #count = 0;
  #previousInput: TokenCount | undefined;
  #toolOutputs: FunctionCallOutputItem[] = [];

  /** `onDone` runs after each `response.done`. */
  constructor(host: SessionHost, onDone: (run: ResponseRun) => void) {
    this.#host = host;
    this.#onDone = onDone;
  }

  /** The response that writes to the conversation now. */
  get active(): ResponseRun | undefined {
    return this.#active;
  }

  /** Notes what the next response will answer. */
  addToolOutput(item: FunctionCallOutputItem): void {
    this.#toolOutputs.push(item);
    if (this.#toolOutputs.length > MAX_TOOL_OUTPUTS) this.#toolOutputs.shift();
  }

  /**
   * Starts a response.
   *
   * @param trigger default what the conversation says
   * @throws {ProtocolError} `conversation_already_has_active_response`
   */
  create(params: ResponseParams, turnNumber: number, trigger?: Trigger): void {
    const isInConversation = params.conversation !== "none";
    if (isInConversation && this.#active) {
      throw new ProtocolError(
        "conversation_already_has_active_response",
        `Conversation already has an active response in progress: ${this.#active.id}. ` +
          "Wait until the response is finished before creating a new one.",
      );
    }
    checkVoice(this.#host, params.audio?.output?.voice);
    if (this.#beside.size >= MAX_PARALLEL_RESPONSES) {
      throw new ProtocolError(
        "rate_limit_exceeded",
        `At most ${MAX_PARALLEL_RESPONSES} responses run at a time.`,
      );
    }
    const run = new ResponseRun(
      this.#host,
      this.#plan(params, isInConversation, turnNumber, trigger),
      (done) => {
        if (this.#active === done) this.#active = undefined;
        this.#beside.delete(done);
        this.#onDone(done);
      },
    );
    if (isInConversation) this.#active = run;
    else this.#beside.add(run);
    run.start();
  }

  /**
   * Cancels the response of this id, by default the active one.
   *
   * @throws {ProtocolError} `response_cancel_not_active`
   */
  cancel(id: string | undefined, reason: CancelReason): void {
    const beside = [...this.#beside].find((each) => each.id === id);
    const run = id === undefined || id === this.#active?.id ? this.#active : beside;
    if (!run) {
      throw new ProtocolError(
        "response_cancel_not_active",
        "Cancellation failed: no active response found",
      );
    }
    run.cancel(reason);
  }

  /** Cancels what is said in the conversation because the user speaks. */
  interrupt(): void {
    this.#active?.cancel("turn_detected");
  }

  /** Lets go of everything at the end of the session. */
  release(): void {
    for (const run of [this.#active, ...this.#beside]) run?.release();
    this.#active = undefined;
    this.#beside.clear();
  }

  #plan(
    params: ResponseParams,
    isInConversation: boolean,
    turnNumber: number,
    trigger: Trigger = this.#trigger(isInConversation),
  ): ResponsePlan {
    const { config, conversation, agent } = this.#host;
    const items = params.input ? this.#inputItems(params.input) : conversation.items;
    const number = ++this.#count;
    const outputs = allowedOutputs(agent, params.tool_choice ?? config.tool_choice, {
      trigger,
      responseNumber: number,
      turnNumber,
      config,
      instructions: params.instructions,
      metadata: params.metadata,
      isInConversation,
      items,
      heard: this.#heard(trigger),
      toolOutputs: isInConversation ? this.#toolOutputs : [],
    });
    const previousInput = this.#previousInput;
    const input = this.#inputTokens(params, config);
    if (isInConversation) {
      this.#toolOutputs = [];
      this.#previousInput = input;
    }
    const audio = params.audio?.output ?? {};
    return {
      number,
      trigger,
      isInConversation,
      outputs,
      modalities: params.output_modalities ?? config.output_modalities,
      format: audio.format ?? config.audio.output.format,
      voice: audio.voice ?? config.audio.output.voice,
      maxOutputTokens: params.max_output_tokens ?? config.max_output_tokens,
      metadata: params.metadata ?? null,
      input,
      previousInput: isInConversation ? previousInput : undefined,
    };
  }

  #inputTokens(params: ResponseParams, config: SessionConfig): TokenCount {
    const entries = params.input
      ? this.#inputItems(params.input).map((item) => ({ item, audioMs: 0 }))
      : this.#host.conversation.entries;
    return inputTokens(config, params.instructions ?? config.instructions, entries);
  }

  #trigger(isInConversation: boolean): Trigger {
    if (!isInConversation) return "instructions";
    if (this.#toolOutputs.length > 0) return "tool_result";
    const { items } = this.#host.conversation;
    const last = items.at(-1);
    if (last?.type === "mcp_call") return "tool_result";
    if (last?.type === "message" && last.role === "user") return "turn";
    const hasSpoken = items.some((item) => item.type === "message" && item.role === "assistant");
    return hasSpoken ? "instructions" : "greeting";
  }

  /** What the user said, when that is what is answered; a turn in text says nothing. */
  #heard(trigger: Trigger) {
    const { entries } = this.#host.conversation;
    const user = entries.findLast(({ item }) => item.type === "message" && item.role === "user");
    return trigger === "turn" || trigger === "idle" ? user?.heard : undefined;
  }

  #inputItems(input: NonNullable<ResponseParams["input"]>): Item[] {
    return input.map((item, index) => {
      if (item.type !== "item_reference") return item;
      const entry = this.#host.conversation.find(item.id);
      if (!entry) throw invalidValue(`response.input[${index}].id`, `item '${item.id}' does not exist.`);
      return entry.item;
    });
  }
}

/** A session speaks in one voice once it has been heard. @throws {ProtocolError} for another one */
function checkVoice({ record, config }: SessionHost, voice: unknown): void {
  if (voice === undefined || record.audio.size === 0) return;
  if (JSON.stringify(voice) === JSON.stringify(config.audio.output.voice)) return;
  throw new ProtocolError(
    "cannot_update_voice",
    "Cannot update a conversation's voice if assistant audio is present.",
    "response.audio.output.voice",
  );
}

/** With `tool_choice:"none"` a model calls nothing, whatever it would like to. */
function allowedOutputs(agent: Agent, toolChoice: unknown, request: AgentRequest): readonly AgentOutput[] {
  const outputs = agent.readsAloud !== false && readAloud(request) || agent.reply(request);
  return toolChoice === "none" ? outputs.filter(({ kind }) => kind === "speech") : outputs;
}
