import type { AgentOutput } from "./agent.ts";
import type { FaultOf } from "./faults/fault.ts";
import { makeOutput } from "./make_outputs.ts";
import type { OutputItem } from "./output_item.ts";
import type { Paced } from "./pacer.ts";
import { type ErrorBody, errorBody } from "./protocol_error.ts";
import { responseAudio, type ResponseRequest } from "./response_request.ts";
import type { SessionContext } from "./session_context.ts";
import type { ResponseRecord } from "./session_record.ts";
import { SpeechOutput } from "./speech_output.ts";
import { ASSISTANT_AUDIO_TOKEN_MS, textTokens, type Tokens, usageReport } from "./usage.ts";

/** How a response ends. */
export type ResponseEnd =
  | { status: "completed" }
  | { status: "cancelled"; reason: "turn_detected" | "client_cancelled" }
  | { status: "incomplete"; reason: "max_output_tokens" | "content_filter" }
  | { status: "failed"; error: ErrorBody };

export interface ResponseRunOptions {
  context: SessionContext;
  request: ResponseRequest;
  record: ResponseRecord;
  /** What the model reads, and what of it the response before had read. */
  input: Tokens;
  cached: Tokens;
  /** Asks the agent. */
  respond: () => readonly AgentOutput[];
  /** Runs once, behind `response.done` and `rate_limits.updated`. */
  onEnd: (end: ResponseEnd) => void;
}

/** One response, from `response.created` to `response.done`, moved on by the shared tick. */
export class ResponseRun implements Paced {
  readonly #options: ResponseRunOptions;
  readonly #outputs: OutputItem[] = [];
  #pending: readonly AgentOutput[] = [];
  #current: OutputItem | undefined;
  #firstOutputMs = 0;
  #limit: { ms: number; end: ResponseEnd } | undefined;
  #isOver = false;

  constructor(options: ResponseRunOptions) {
    this.#options = options;
  }

  get id(): string {
    return this.#options.record.id;
  }

  get request(): ResponseRequest {
    return this.#options.request;
  }

  /** True when it called a function. */
  get hasCalls(): boolean {
    return this.#outputs.some(({ item }) => item.type === "function_call");
  }

  start(): void {
    const { context, record, respond } = this.#options;
    const { faults, line, pacer, clock } = context;
    const scope = { response: record.number };
    line.send({ type: "response.created", response: this.#view(null, null) });
    context.perform(faults.at("response_created", record.number));
    if (!line.isOpen) return;
    this.#limit = this.#findLimit();
    this.#firstOutputMs = clock.now() + (faults.take("slow_first_audio", scope)?.ms ?? 0);
    if (faults.take("stuck_response", scope)) this.#firstOutputMs = Infinity;
    if (this.#limit?.ms === 0) return this.end(this.#limit.end);
    try {
      this.#pending = respond();
    } catch (error) {
      reportError(error); // a bug of the test's agent: it must be seen
      return this.end({ status: "failed", error: errorBody("server_error") });
    }
    pacer.add(this);
    this.tick(clock.now());
  }

  tick(nowMs: number): void {
    while (!this.#isOver && nowMs >= this.#firstOutputMs) {
      if (!this.#options.context.line.isOpen) return this.stop();
      if (!this.#current && !this.#beginNext(nowMs)) return this.end({ status: "completed" });
      const progress = this.#current!.advance(nowMs);
      if (this.#isOver) return;
      if (this.#limit && this.#options.record.audioMs >= this.#limit.ms) return this.end(this.#limit.end);
      if (progress === "interrupted") return this.end({ status: "cancelled", reason: "turn_detected" });
      if (progress === "going") return;
      this.#current!.finish("completed");
      this.#current = undefined;
    }
  }

  /** Ends it now: the `.done` events of what is open, `response.done`, rate limits, then what a fault adds. */
  end(end: ResponseEnd): void {
    if (this.#isOver) return;
    const { context, record, onEnd } = this.#options;
    const late = end.status === "cancelled" &&
      context.faults.take("late_deltas", { response: record.number });
    this.stop();
    this.#current?.finish("incomplete");
    record.status = end.status;
    if ("reason" in end) record.reason = end.reason;
    if ("error" in end) record.reason = end.error.code;
    context.stats.responses[end.status]++;
    const usage = end.status === "failed" ? null : this.#usage();
    context.line.send({ type: "response.done", response: this.#view(statusDetails(end), usage) });
    context.line.send({ type: "rate_limits.updated", rate_limits: rateLimits(usage?.total_tokens ?? 0) });
    if (late && this.#current instanceof SpeechOutput) this.#current.sendLate(late.count ?? 3);
    onEnd(end);
  }

  /** Does no more, and says nothing: the session is over. */
  stop(): void {
    this.#isOver = true;
    this.#options.context.pacer.remove(this);
  }

  #beginNext(nowMs: number): boolean {
    const [output, ...rest] = this.#pending;
    if (!output) return false;
    this.#pending = rest;
    const { context, request, record } = this.#options;
    this.#current = makeOutput({
      context,
      request,
      responseId: this.id,
      responseNumber: record.number,
      outputIndex: this.#outputs.length,
      isInConversation: request.isInConversation,
      onAudioSent: (ms) => this.#onAudioSent(ms),
    }, output);
    this.#outputs.push(this.#current);
    this.#current.begin(nowMs);
    return true;
  }

  #onAudioSent(ms: number): boolean {
    const { context, record } = this.#options;
    record.audioMs += ms;
    context.hasSpoken = true;
    context.stats.deltaAudioMs += ms;
    if (this.#isOver) return true; // late deltas
    context.perform(context.faults.reached("audioMs", record.audioMs, record.number));
    return context.line.isOpen && !(this.#limit && record.audioMs >= this.#limit.ms);
  }

  /** Where the response ends early, by the client's limit or by a fault. */
  #findLimit(): { ms: number; end: ResponseEnd } | undefined {
    const { context: { faults }, record, request } = this.#options;
    const scope = { response: record.number };
    const failure: FaultOf<"response_fails"> | undefined = faults.take("response_fails", scope);
    if (failure) {
      const error = errorBody(failure.code, failure.message);
      return { ms: failure.afterAudioMs ?? 0, end: { status: "failed", error } };
    }
    const cut: FaultOf<"response_incomplete"> | undefined = faults.take("response_incomplete", scope);
    if (cut) return { ms: cut.afterAudioMs ?? 0, end: { status: "incomplete", reason: cut.reason } };
    if (request.maxOutputTokens === Infinity) return undefined;
    const ms = request.maxOutputTokens * ASSISTANT_AUDIO_TOKEN_MS;
    return { ms, end: { status: "incomplete", reason: "max_output_tokens" } };
  }

  #usage() {
    let chars = 0;
    let audioMs = 0;
    for (const { item, entry } of this.#outputs) {
      for (const part of item.content ?? []) chars += part.text?.length ?? part.transcript?.length ?? 0;
      chars += item.arguments?.length ?? 0;
      audioMs += entry.sentMs;
    }
    const output = { text: textTokens(chars), audio: Math.ceil(audioMs / ASSISTANT_AUDIO_TOKEN_MS) };
    return usageReport(this.#options.input, this.#options.cached, output);
  }

  /** The response as `response.created` and `response.done` show it. */
  #view(status_details: unknown, usage: unknown) {
    const { context, record, request } = this.#options;
    return {
      object: "realtime.response",
      id: record.id,
      status: record.status,
      status_details,
      output: this.#outputs.map(({ item }) => item),
      conversation_id: request.isInConversation ? context.conversation.id : null,
      output_modalities: [request.modality],
      max_output_tokens: request.maxOutputTokens === Infinity ? "inf" : request.maxOutputTokens,
      audio: responseAudio(request),
      usage,
      metadata: record.metadata,
    };
  }
}

function statusDetails(end: ResponseEnd): unknown {
  if (end.status === "completed") return null;
  return end.status === "failed"
    ? { type: "failed", error: end.error }
    : { type: end.status, reason: end.reason };
}

const TOKENS_PER_MINUTE = 50_000;

/** Only `tokens`, as in practice. */
function rateLimits(usedTokens: number) {
  const remaining = Math.max(0, TOKENS_PER_MINUTE - usedTokens);
  return [{ name: "tokens", limit: TOKENS_PER_MINUTE, remaining, reset_seconds: 60 }];
}
