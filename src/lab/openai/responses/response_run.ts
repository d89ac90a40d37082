import type { Timer } from "../../../util/clock.ts";
import type { AgentOutput, Trigger } from "../agent.ts";
import { wireCodec } from "../audio/wire_codec.ts";
import { itemText } from "../items.ts";
import { type ErrorBody, errorBody } from "../protocol_error.ts";
import type { FormatConfig } from "../session_config.ts";
import type { SessionHost } from "../session_host.ts";
import { addBounded, type ResponseRecord } from "../session_record.ts";
import { countDone } from "../totals.ts";
import { CallWriter } from "./call_writer.ts";
import { McpCallWriter } from "./mcp_call_writer.ts";
import type { OutputWriter, ResponseContext } from "./output_item.ts";
import { SpeechWriter } from "./speech_writer.ts";
import { TextWriter } from "./text_writer.ts";
import { OUTPUT_AUDIO_MS_PER_TOKEN, outputTokens, responseUsage, type TokenCount } from "./response_usage.ts";

/** Deltas that fall due within this time go together: one timer for several. */
const MIN_TICK_MS = 10;

/** One response, once it is clear what it consists of. */
export interface ResponsePlan {
  number: number;
  trigger: Trigger;
  isInConversation: boolean;
  outputs: readonly AgentOutput[];
  modalities: readonly ("audio" | "text")[];
  format: FormatConfig;
  voice: unknown;
  maxOutputTokens: number | "inf";
  metadata: Readonly<Record<string, string>> | null;
  input: TokenCount;
  previousInput: TokenCount | undefined;
}

export type CancelReason = "turn_detected" | "client_cancelled";

type StatusDetails =
  | { type: "cancelled"; reason: CancelReason }
  | { type: "incomplete"; reason: string }
  | { type: "failed"; error: ErrorBody };

/**
 * A response from `response.created` to `response.done`. It writes its output items one after the other, by
 * absolute deadlines, and whatever stops it the open item gets its `.done` events and the response its
 * `response.done`.
 */
export class ResponseRun {
  readonly id: string;
  readonly record: ResponseRecord;
  readonly #host: SessionHost;
  readonly #plan: ResponsePlan;
  readonly #context: ResponseContext;
  readonly #onDone: (run: ResponseRun) => void;
  readonly #scripted: { afterMs: number; details: StatusDetails } | undefined;
  readonly #writers: OutputWriter[] = [];
  #isOpen = false;
  #openedAtMs = 0;
  #timer: Timer | undefined;
  #isDone = false;

  constructor(host: SessionHost, plan: ResponsePlan, onDone: (run: ResponseRun) => void) {
    this.#host = host;
    this.#plan = plan;
    this.#onDone = onDone;
    this.id = host.newId("resp");
    this.#scripted = scriptedEnd(host, plan.number);
    const maxTokens = plan.maxOutputTokens === "inf" ? Infinity : plan.maxOutputTokens;
    this.#context = {
      host,
      responseId: this.id,
      responseNumber: plan.number,
      isInConversation: plan.isInConversation,
      format: wireCodec(plan.format.type),
      sentMs: 0,
      maxMs: Math.min(maxTokens * OUTPUT_AUDIO_MS_PER_TOKEN, this.#scripted?.afterMs ?? Infinity),
    };
    this.record = addBounded(host.record.responses, {
      id: this.id,
      number: plan.number,
      trigger: plan.trigger,
      isInConversation: plan.isInConversation,
      status: "in_progress",
      createdMs: host.clock.now(),
    });
  }

  get isInConversation(): boolean {
    return this.#plan.isInConversation;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Audio sent so far, in milliseconds. */
  get sentMs(): number {
    return this.#context.sentMs;
  }

  start(): void {
    const { failures, clock, answerAfterMs } = this.#host;
    this.#host.totals.responsesStarted++;
    this.#host.emit({ type: "response.created", response: this.#describe(null, null) });
    this.#host.reached({ on: "response_created", number: this.#plan.number });
    if (this.#isDone) return;
    const delayMs = failures.ofResponse("slow_response", this.#plan.number)?.delayMs ?? answerAfterMs;
    if (delayMs === 0) return this.#advance();
    if (delayMs !== Infinity) this.#timer = clock.at(clock.now() + delayMs, () => this.#advance());
  }

  /** Ends the response as cancelled; does nothing once it is done. */
  cancel(reason: CancelReason): void {
    if (this.#isDone) return;
    const late = this.#host.failures.ofResponse("late_deltas", this.#plan.number);
    const writer = this.#writers.at(-1);
    const isAfterDone = late?.after === "response_done";
    if (late && !isAfterDone && this.#isOpen) writer?.sendLate(late.count);
    this.#finish("cancelled", { type: "cancelled", reason });
    if (late && isAfterDone) writer?.sendLate(late.count);
  }

  /** Lets go of everything, without a word: the session is over. */
  release(): void {
    this.#isDone = true;
    this.#timer?.cancel();
  }

  #advance(): void {
    const { clock } = this.#host;
    this.#timer = undefined;
    while (!this.#isDone && !this.#host.isOver) {
      if (!this.#isOpen && !this.#openNext()) return;
      const progress = this.#writers.at(-1)!.advance(clock.now() - this.#openedAtMs);
      if (this.#isDone || this.#host.isOver) return;
      if (progress === "complete") this.#closeItem("completed");
      else if (progress === "interrupted") return this.cancel("turn_detected");
      else if (progress === "out_of_budget") return this.#endEarly();
      else {
        const dueMs = Math.max(this.#openedAtMs + progress.dueMs, clock.now() + MIN_TICK_MS);
        this.#timer = clock.at(dueMs, () => this.#advance());
        return;
      }
    }
  }

  /** Opens the next output item; without one the response is done. @returns false when it is done */
  #openNext(): boolean {
    const output = this.#plan.outputs[this.#writers.length];
    const isOutOfBudget = this.#scripted !== undefined && this.#context.sentMs >= this.#scripted.afterMs;
    if (isOutOfBudget || (this.#scripted && !output)) {
      this.#endEarly();
      return false;
    }
    if (!output) {
      this.#finish("completed", null);
      return false;
    }
    const writer = this.#writerOf(output);
    this.#writers.push(writer);
    this.#isOpen = true;
    this.#openedAtMs = this.#host.clock.now();
    writer.open();
    return true;
  }

  #writerOf(output: AgentOutput): OutputWriter {
    const index = this.#writers.length;
    if (output.kind === "function_call") return new CallWriter(this.#context, output, index);
    if (output.kind === "mcp_call") return new McpCallWriter(this.#context, output, index);
    const isSpoken = this.#plan.modalities.includes("audio") && !output.isWritten;
    if (isSpoken) return new SpeechWriter(this.#context, output, index);
    return new TextWriter(this.#context, output.transcript, index);
  }

  #closeItem(status: "completed" | "incomplete"): void {
    this.#isOpen = false;
    this.#writers.at(-1)!.close(status);
  }

  #endEarly(): void {
    const details = this.#scripted?.details ?? { type: "incomplete", reason: "max_output_tokens" };
    this.#finish(details.type, details);
  }

  #finish(status: "completed" | StatusDetails["type"], details: StatusDetails | null): void {
    if (this.#isDone) return;
    this.#timer?.cancel();
    if (this.#isOpen) this.#closeItem("incomplete");
    this.#isDone = true;
    this.record.status = status;
    this.record.reason = details?.type === "failed" ? details.error.code : details?.reason;
    this.record.doneMs = this.#host.clock.now();
    countDone(this.#host.totals, status);
    // of a failed response no usage is reported (seen in captures)
    const usage = status === "failed" ? null : this.#usage();
    this.#host.emit({ type: "response.done", response: this.#describe(details, usage) });
    this.#host.emit({ type: "rate_limits.updated", rate_limits: RATE_LIMITS });
    this.#host.reached({ on: "response_done", number: this.#plan.number });
    this.#onDone(this);
  }

  #usage() {
    const texts = this.#writers.map(({ item }) => itemText(item));
    const output = outputTokens(texts, this.#context.sentMs);
    return responseUsage(this.#plan.input, output, this.#plan.previousInput);
  }

  #describe(details: StatusDetails | null, usage: unknown) {
    const plan = this.#plan;
    return {
      object: "realtime.response",
      id: this.id,
      status: this.record.status,
      status_details: details,
      output: this.#writers.map((writer) => writer.item),
      conversation_id: plan.isInConversation ? this.#host.conversation.id : null,
      output_modalities: plan.modalities,
      max_output_tokens: plan.maxOutputTokens,
      audio: { output: { format: plan.format, voice: plan.voice } },
      usage,
      metadata: plan.metadata,
    };
  }
}

const RATE_LIMITS = [{ name: "tokens", limit: 50_000, remaining: 49_950, reset_seconds: 0.06 }];

function scriptedEnd(host: SessionHost, number: number) {
  const fails = host.failures.ofResponse("response_fails", number);
  if (fails) {
    const error = errorBody(fails.code, fails.message, fails.type);
    return { afterMs: fails.afterMs ?? 0, details: { type: "failed", error } as const };
  }
  const incomplete = host.failures.ofResponse("response_incomplete", number);
  if (!incomplete) return undefined;
  const { reason, afterMs = 0 } = incomplete;
  return { afterMs, details: { type: "incomplete", reason } as const };
}
