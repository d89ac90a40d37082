import { AppError } from "../../util/errors.ts";
import type { ServerEvent } from "../../model/events.ts";
import type { Span, SpanAttributes, SpanOptions, Tracer } from "../../observability/tracing/tracer.ts";
import type { Clock } from "../../util/clock.ts";
import type { CallEnd, CallInfo } from "../call_summary.ts";
import type { ToolRun } from "../tools/tool.ts";
import type { TurnLatency } from "./latency.ts";
import type { CallUsage } from "./usage.ts";

/** Spans of one stream of a call. Those beyond it are only counted (`slimline.spans.dropped`). */
export const MAX_SPANS = 2_000;
/** Responses whose tools may still come. An older one that is not over ends as `_OTHER`. */
export const MAX_RESPONSES = 16;

/** Ends that are an error of ours, of the model's or of the line's. */
const ERRORS: readonly CallEnd[] = ["stream_lost", "stream_stalled", "agent_lost", "server_stopped"];

/** What a trace is made with. */
export interface TraceOptions {
  readonly tracer: Tracer;
  /** The model that answers. */
  readonly model: string;
  /** Where it is: a host. */
  readonly serverAddress: string;
  readonly clock: Clock;
}

/** What is known at a stream's end. */
export interface TracedEnd {
  readonly reason: CallEnd;
  readonly errorCode: string | undefined;
  readonly usage: CallUsage;
  /** In USD; undefined where a price is not known. */
  readonly costUsd: number | undefined;
}

type Response = Extract<ServerEvent, { type: "response.done" }>["response"];

/** From the end of the caller's turn until nothing more comes of it. */
interface TracedTurn {
  readonly span: Span;
  /** Responses that have begun and are not over. */
  open: number;
  /** When the latest of its parts was over, on the clock's monotonic time; at first, when it began. */
  partEndMs: number;
  /** The caller speaks again. */
  isOver: boolean;
}

interface TracedResponse {
  /** Undefined once it is over. */
  span: Span | undefined;
  readonly turn: TracedTurn | undefined;
}

/**
 * A stream of a call as spans: `invoke_agent` for all of it, within that `connect` for each session, `turn`
 * for what follows each turn of the caller's, `chat` for each response and `execute_tool` for each tool,
 * named as OpenTelemetry has it for generative AI. Streams of one call are one trace. No span says what
 * anybody said, wrote, or is called by telephone.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/
 */
export class CallTrace {
  readonly #tracer: Tracer;
  readonly #clock: Clock;
  /** From the clock's monotonic time to Unix time: the latter may jump during a call. */
  readonly #epochOffsetMs: number;
  readonly #model: SpanAttributes;
  readonly #modelName: string;
  readonly #serverAddress: string;
  readonly #root: Span;
  readonly #responses = new Map<string, TracedResponse>();
  #connect: Span | undefined;
  #turn: TracedTurn | undefined;
  /** The stream's own is there already. */
  #spans = 1;
  #dropped = 0;

  /** @param before the {@link context} of the call's stream before this one */
  constructor({ tracer, model, serverAddress, clock }: TraceOptions, info: CallInfo, before?: string) {
    this.#tracer = tracer;
    this.#clock = clock;
    this.#epochOffsetMs = clock.epoch() - clock.now();
    this.#modelName = model;
    this.#model = { "gen_ai.provider.name": "openai", "gen_ai.request.model": model };
    this.#serverAddress = serverAddress;
    const { callSid, business, isOutbound, resume } = info;
    this.#root = tracer.start(`invoke_agent ${business.name}`, {
      kind: "internal",
      startMs: this.#now(),
      parent: before,
      attributes: {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.id": business.id,
        "gen_ai.agent.name": business.name,
        "gen_ai.conversation.id": callSid,
        "gen_ai.output.type": "speech",
        "slimline.call.direction": isOutbound ? "outbound" : "inbound",
        "slimline.call.resumed_after": resume,
        ...this.#model,
      },
    });
    this.#connecting();
  }

  /** For the streams that the call may come back with: their spans belong to the same trace. */
  get context(): string {
    return this.#root.context;
  }

  /** A session with the model is ready: the first one, or one in place of another. */
  sessionReady(): void {
    this.#connect?.end(this.#now());
    this.#connect = undefined;
  }

  /** The session is gone, and another one is being made. */
  sessionLost(code: string): void {
    this.#connect?.end(this.#now(), code);
    for (const response of this.#responses.values()) this.#responseOver(response, code);
    this.#connecting(code);
  }

  /** Any event of the session. */
  event(event: ServerEvent): void {
    switch (event.type) {
      case "input_audio_buffer.speech_started":
        return this.#turnOver();
      case "input_audio_buffer.speech_stopped":
        return this.#turnBegan();
      case "response.created":
        return this.#responseBegan(event.response.id ?? "");
      case "response.done":
        return this.#responseDone(event.response);
    }
  }

  /** The caller hears the answer to the turn. */
  answered({ receivedMs, sentMs, playedMs }: TurnLatency): void {
    this.#turn?.span.set({
      "slimline.turn.received_ms": Math.round(receivedMs),
      "slimline.turn.sent_ms": Math.round(sentMs),
      "slimline.turn.played_ms": Math.round(playedMs),
    });
  }

  /** A call of a tool is over. */
  tool({ call, outcome, startedAtMs, durationMs, error }: ToolRun): void {
    // What the model calls a tool that there is not may be anything, such as what somebody said.
    const isKnown = !(error instanceof AppError && error.code === "tool_unknown");
    const name = isKnown ? call.name : "_OTHER";
    const turn = this.#responses.get(call.responseId)?.turn;
    const span = this.#start(`execute_tool ${name}`, {
      startMs: this.#epochOf(startedAtMs),
      parent: turn?.span ?? this.#root,
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": call.callId,
        "gen_ai.tool.type": "function",
      },
    });
    const endMs = startedAtMs + durationMs;
    span?.end(this.#epochOf(endMs), outcome === "done" ? undefined : outcome);
    if (turn) turn.partEndMs = Math.max(turn.partEndMs, endMs);
  }

  /** The stream is over. @param endMs on the clock's monotonic time */
  end({ reason, errorCode, usage, costUsd }: TracedEnd, endMs: number): void {
    const endedMs = this.#epochOf(endMs);
    this.#connect?.end(endedMs, errorCode ?? "call_ended");
    for (const response of this.#responses.values()) this.#responseOver(response, "call_ended");
    this.#turnOver();
    const { tokens, responses } = usage;
    const cached = tokens.cachedTextIn + tokens.cachedAudioIn;
    this.#root.set({
      "gen_ai.usage.input_tokens": tokens.textIn + tokens.audioIn + cached,
      "gen_ai.usage.output_tokens": tokens.textOut + tokens.audioOut,
      "gen_ai.usage.cache_read.input_tokens": cached,
      "slimline.call.responses": responses,
      "slimline.call.end_reason": reason,
      "slimline.call.cost_usd": costUsd,
      "slimline.error.code": errorCode,
      "slimline.spans.dropped": this.#dropped > 0 ? this.#dropped : undefined,
    });
    this.#root.end(endedMs, ERRORS.includes(reason) ? reason : undefined);
  }

  #connecting(after?: string): void {
    this.#connect = this.#start(`connect ${this.#modelName}`, {
      kind: "client",
      parent: this.#root,
      attributes: {
        ...this.#model,
        "server.address": this.#serverAddress,
        "slimline.session.lost_by": after,
      },
    });
  }

  #turnBegan(): void {
    this.#turnOver();
    const span = this.#start("turn", { parent: this.#root, attributes: {} });
    if (span) this.#turn = { span, open: 0, partEndMs: this.#clock.now(), isOver: false };
  }

  #turnOver(): void {
    const turn = this.#turn;
    this.#turn = undefined;
    if (!turn) return;
    turn.isOver = true;
    if (turn.open === 0) turn.span.end(this.#epochOf(turn.partEndMs));
  }

  #responseBegan(id: string): void {
    if (this.#responses.get(id)?.span) return; // told twice
    if (this.#responses.size >= MAX_RESPONSES) {
      const [[oldest, response]] = this.#responses;
      this.#responseOver(response, "_OTHER");
      this.#responses.delete(oldest);
    }
    const turn = this.#turn;
    const span = this.#start(`chat ${this.#modelName}`, {
      kind: "client",
      parent: turn?.span ?? this.#root,
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.response.id": id,
        "gen_ai.output.type": "speech",
        "server.address": this.#serverAddress,
        ...this.#model,
      },
    });
    if (turn && span) turn.open++;
    this.#responses.set(id, { span, turn });
  }

  #responseDone({ id, status, status_details: details, usage }: Response): void {
    const response = this.#responses.get(id ?? "");
    const reason = status === "incomplete" ? details?.reason : status;
    response?.span?.set({
      "gen_ai.usage.input_tokens": usage?.input_tokens,
      "gen_ai.usage.output_tokens": usage?.output_tokens,
      "gen_ai.usage.cache_read.input_tokens": usage?.input_token_details?.cached_tokens,
      "gen_ai.response.finish_reasons": [reason ?? "completed"],
    });
    if (response) {
      this.#responseOver(response, status === "failed" ? details?.error?.code ?? "_OTHER" : undefined);
    }
  }

  #responseOver(response: TracedResponse, errorType?: string): void {
    const { span, turn } = response;
    if (!span) return;
    response.span = undefined;
    const nowMs = this.#clock.now();
    span.end(this.#epochOf(nowMs), errorType);
    if (!turn) return;
    turn.open--;
    turn.partEndMs = nowMs;
    if (turn.isOver && turn.open === 0) turn.span.end(this.#epochOf(nowMs));
  }

  /** Undefined where the call has had all the spans that it may have. */
  #start(
    name: string,
    { kind = "internal", startMs = this.#now(), attributes, parent }:
      & Partial<SpanOptions>
      & Pick<SpanOptions, "attributes">,
  ): Span | undefined {
    if (this.#spans >= MAX_SPANS) {
      this.#dropped++;
      return undefined;
    }
    this.#spans++;
    return this.#tracer.start(name, { kind, startMs, attributes, parent });
  }

  /** Unix time in milliseconds. */
  #now(): number {
    return this.#epochOf(this.#clock.now());
  }

  #epochOf(monotonicMs: number): number {
    return monotonicMs + this.#epochOffsetMs;
  }
}
