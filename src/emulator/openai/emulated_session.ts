import type { Clock } from "../../util/clock.ts";
import type { Agent } from "./agent.ts";
import { Alarms } from "./alarms.ts";
import { checkClientEvent, type ClientEvent } from "./client_event_schema.ts";
import { checkImmutable, ClientItems } from "./client_items.ts";
import { Conversation } from "./conversation.ts";
import type { ConversationItem } from "./conversation_item.ts";
import { expire, performFault } from "./fault_actions.ts";
import type { SessionFaults } from "./faults/fault_book.ts";
import { newId } from "./ids.ts";
import type { Pacer } from "./pacer.ts";
import { errorBody, ProtocolError } from "./protocol_error.ts";
import type { ResponseParameters } from "./response_request.ts";
import { Responses } from "./responses.ts";
import { defaultConfig, mergeConfig, type SessionConfig, type SessionPatch } from "./session_config.ts";
import type { SessionContext } from "./session_context.ts";
import type { SessionLine } from "./session_line.ts";
import {
  MAX_RECEIVED_EVENTS,
  type ReceivedEvent,
  type ResponseRecord,
  type SessionClose,
} from "./session_record.ts";
import type { EmulatorStats } from "./stats.ts";
import { Transcriber } from "./transcriber.ts";
import { Turns } from "./turns.ts";

/** What a session is made with. */
export interface EmulatedSessionOptions {
  number: number;
  model: string;
  clock: Clock;
  pacer: Pacer;
  line: SessionLine;
  agent: Agent;
  faults: SessionFaults;
  stats: EmulatorStats;
  speed: number;
  deltaMs: number;
  maxSessionSeconds: number;
}

/** One session of the simulated API, and what tests want to know of it. */
export class EmulatedSession {
  readonly id: string = newId("sess");
  /** From 1, over the emulator's life; refused upgrades count too. */
  readonly number: number;
  /** By the emulator's clock. */
  readonly startedMs: number;
  /** Every client event but appends, in order; at most `MAX_RECEIVED_EVENTS`. */
  readonly received: readonly ReceivedEvent[] = [];
  /** Set once the socket is gone. */
  closed: SessionClose | undefined;

  readonly #context: SessionContext;
  readonly #responses: Responses;
  readonly #turns: Turns;
  readonly #items: ClientItems;

  constructor(options: EmulatedSessionOptions) {
    const { clock, faults, line, model } = options;
    this.number = options.number;
    this.startedMs = clock.now();
    const shortExpiry = faults.take("short_expiry");
    const seconds = shortExpiry?.seconds ?? options.maxSessionSeconds;
    const expiresAt = Math.floor(clock.epoch() / 1000 + seconds);
    this.#context = {
      ...options,
      alarms: new Alarms(clock),
      conversation: new Conversation(newId("conv")),
      config: defaultConfig(this.id, model, expiresAt),
      hasSpoken: false,
      perform: (faults) => faults.forEach((fault) => performFault(fault, line)),
    };
    const transcriber = new Transcriber(this.#context);
    this.#responses = new Responses(this.#context, (turn) => transcriber.answered(turn));
    this.#turns = new Turns(this.#context, this.#responses, transcriber);
    this.#items = new ClientItems(this.#context, this.#responses);
    if (shortExpiry?.isEnforced !== false) this.#context.alarms.after(seconds * 1000, () => expire(line));
  }

  /** All caller audio that was appended. */
  get appendedMs(): number {
    return this.#turns.appendedMs;
  }

  /** The configuration in force. */
  get config(): SessionConfig {
    return this.#context.config;
  }

  /** Items of the conversation in their order, with what was sent, cut and deleted of each. */
  get items(): readonly ConversationItem[] {
    return this.#context.conversation.all;
  }

  get responses(): readonly ResponseRecord[] {
    return this.#responses.records;
  }

  /** Sends `session.created`, and arms what is due by time. */
  start(): void {
    const { alarms, faults, line, config, perform } = this.#context;
    for (const ms of faults.elapsedMs) alarms.after(ms, () => perform(faults.reached("elapsedMs", ms)));
    line.send({ type: "session.created", session: config });
    perform(faults.at("session_created"));
  }

  /** Takes a message of the client. */
  receive(text: string): void {
    const { line } = this.#context;
    if (!line.isOpen) return;
    let eventId: string | null = null;
    try {
      const event = parse(text);
      eventId = eventIdOf(event);
      this.#keep(event);
      checkClientEvent(event);
      this.#handle(event);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      line.error(errorBody(error.code, error.message), { param: error.param, eventId });
    }
  }

  /** The socket is gone. */
  end(closed: SessionClose): void {
    this.closed ??= closed;
    this.#context.line.release();
    this.#context.alarms.cancelAll();
    this.#responses.stopAll();
  }

  #handle(event: ClientEvent): void {
    switch (event.type) {
      case "input_audio_buffer.append":
        return this.#turns.append(event.audio as string);
      case "session.update":
        return this.#update(event.session as SessionPatch);
      case "input_audio_buffer.commit":
        return this.#turns.commit();
      case "input_audio_buffer.clear":
        return this.#turns.clear();
      case "conversation.item.create":
        return this.#items.create(
          event.item as Record<string, unknown>,
          (event.previous_item_id as string | null | undefined) ?? null,
        );
      case "conversation.item.retrieve":
        return this.#items.retrieve(event.item_id as string);
      case "conversation.item.truncate":
        return this.#items.truncate(
          event.item_id as string,
          event.content_index as number,
          event.audio_end_ms as number,
        );
      case "conversation.item.delete":
        return this.#items.delete(event.item_id as string);
      case "response.create":
        return this.#responses.create((event.response ?? {}) as ResponseParameters);
      case "response.cancel":
        return this.#responses.cancel(event.response_id as string | undefined);
    }
  }

  #update(patch: SessionPatch): void {
    const context = this.#context;
    const { faults, line, perform } = context;
    checkImmutable(context, patch);
    perform(faults.at("before_session_updated"));
    context.config = mergeConfig(context.config, patch);
    this.#turns.onConfig();
    line.send({ type: "session.updated", session: context.config });
    perform(faults.at("session_updated"));
  }

  #keep(event: unknown): void {
    const { type } = event as { type?: unknown };
    if (type === "input_audio_buffer.append" || this.received.length >= MAX_RECEIVED_EVENTS) return;
    const atMs = this.#context.clock.now() - this.startedMs;
    (this.received as ReceivedEvent[]).push({ ...event as ReceivedEvent, atMs });
  }
}

function parse(text: string): unknown {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    throw new ProtocolError("invalid_event", "The event could not be parsed as JSON.");
  }
  if (typeof event === "object" && event !== null && !Array.isArray(event)) return event;
  throw new ProtocolError("invalid_event", "An event must be a JSON object.");
}

function eventIdOf(event: unknown): string | null {
  const { event_id } = event as { event_id?: unknown };
  return typeof event_id === "string" ? event_id : null;
}
