import { type Clock, type Timer } from "../../util/clock.ts";
import { DelayLine } from "../twilio/network.ts";
import type { Agent, Trigger } from "./agent.ts";
import type { Delta } from "./audio/agent_clip.ts";
import { type EmulatedClientEvent, plainAppend, readMessage } from "./client_event_schema.ts";
import { EmulatedConversation } from "./emulated_conversation.ts";
import type { PointAction } from "./failures/failure_script.ts";
import type { Reached, SessionFailures } from "./failures/session_failures.ts";
import type { FunctionCallOutputItem } from "./items.ts";
import { type ErrorBody, errorBody, ProtocolError } from "./protocol_error.ts";
import { type ResponseParams, Responses } from "./responses/responses.ts";
import { McpToolLists } from "./mcp_tools.ts";
import { obfuscationOf } from "./obfuscation.ts";
import { defaultConfig, type SessionConfig, type SessionPatch, updatedConfig } from "./session_config.ts";
import type { IdPrefix, OutgoingEvent } from "./session_host.ts";
import { createItem, deleteItem, retrieveItem, truncateItem } from "./session_items.ts";
import { addBounded, SessionRecord } from "./session_record.ts";
import { countError, type EmulatedRealtimeApiStats } from "./totals.ts";
import { Transcriber } from "./transcriber.ts";
import { EmulatedTurns } from "./emulated_turns.ts";
import { Waiters } from "./waiters.ts";
import type { ServerSocket, SocketEnd } from "./wire/server_socket.ts";

/**
 * What the API closes an expired session with is not known. 1001 is what a server that goes away sends; the
 * reason has the form that other errors are closed with.
 */
const EXPIRED_CLOSE = { code: 1001, reason: "invalid_request_error.session_expired" };
/** Larger client events are recorded by their type only. */
const MAX_RECORDED_CHARS = 64 * 1024;

/** What a session is made of. */
export interface SessionSetup {
  /** Its upgrade attempt's number, from 1. */
  number: number;
  socket: ServerSocket;
  clock: Clock;
  agent: Agent;
  model: string;
  safetyIdentifier: string | undefined;
  failures: SessionFailures;
  totals: EmulatedRealtimeApiStats;
  speed: number;
  deltaMs: number;
  answerAfterMs: number;
  /** Told of what happens in it. */
  onLog: ((what: string) => void) | undefined;
  /** One way, each way. */
  networkDelayMs: number;
  maxSeconds: number;
}

/** One Realtime session, from `session.created` to the end of its connection. */
export class EmulatedSession {
  /** The number of its upgrade attempt, from 1: the one that failure scripts go by. */
  readonly number: number;
  /** Its identifier on the wire. */
  readonly id: string;
  /** The client's `OpenAI-Safety-Identifier` header. */
  readonly safetyIdentifier: string | undefined;
  /** @internal */
  readonly clock: Clock;
  /** @internal */
  readonly agent: Agent;
  /** @internal */
  readonly conversation: EmulatedConversation;
  /** What it was told and what it said. Outlives it. */
  readonly record: SessionRecord;
  /** @internal */
  readonly failures: SessionFailures;
  /** @internal */
  readonly totals: EmulatedRealtimeApiStats;
  /** @internal */
  readonly speed: number;
  /** @internal */
  readonly deltaMs: number;
  /** @internal */
  readonly answerAfterMs: number;
  readonly #socket: ServerSocket;
  readonly #inbound: DelayLine;
  readonly #outbound: DelayLine;
  readonly #turns: EmulatedTurns;
  readonly #responses: Responses;
  readonly #transcriber: Transcriber;
  readonly #timers: Timer[] = [];
  readonly #maxSeconds: number;
  readonly #waiters = new Waiters();
  readonly #mcpTools = new McpToolLists(this);
  readonly #onLog: ((what: string) => void) | undefined;
  #config: SessionConfig;
  #lastId = 0;
  #isOver = false;

  /** @internal */
  constructor(setup: SessionSetup) {
    const { number, clock, failures, networkDelayMs } = setup;
    this.number = number;
    this.id = `sess_${number}`;
    this.safetyIdentifier = setup.safetyIdentifier;
    this.clock = clock;
    this.agent = setup.agent;
    this.failures = failures;
    this.totals = setup.totals;
    this.speed = setup.speed;
    this.deltaMs = setup.deltaMs;
    this.answerAfterMs = setup.answerAfterMs;
    this.#onLog = setup.onLog;
    this.#socket = setup.socket;
    this.#maxSeconds = failures.shortSession?.seconds ?? setup.maxSeconds;
    this.#config = defaultConfig(
      this.id,
      setup.model,
      Math.floor(clock.epoch() / 1000 + this.#maxSeconds),
    );
    this.conversation = new EmulatedConversation(`conv_${number}`);
    this.record = new SessionRecord(clock.now());
    this.#inbound = new DelayLine(clock, { delayMs: networkDelayMs });
    this.#outbound = new DelayLine(clock, { delayMs: networkDelayMs });
    this.#transcriber = new Transcriber(this);
    this.#responses = new Responses(this, (run) => {
      this.#transcriber.responseDone();
      this.#turns.responseDone(run);
    });
    this.#turns = new EmulatedTurns(this, {
      interrupt: () => this.#responses.interrupt(),
      committed: (turn, itemId) => this.#committed(turn, itemId),
      respond: (turn, trigger) => this.#answerTurn(turn, trigger),
    });
  }

  /** The configuration in effect. */
  get config(): SessionConfig {
    return this.#config;
  }

  /** True once the connection is closing, gone or stalled. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The id of the response that is being generated in the conversation. */
  get activeResponseId(): string | undefined {
    return this.#responses.active?.id;
  }

  /** Resolves when the connection is gone. */
  get ended(): Promise<void> {
    return this.#socket.ended;
  }

  /**
   * Sends `session.created` and begins to listen. `rest` is what the client sent behind its upgrade request.
   *
   * @internal
   */
  start(rest: Uint8Array): void {
    this.emit({ type: "session.created", session: this.#config });
    this.#socket.listen(rest, {
      onText: (text) => this.#inbound.carry(() => this.#receive(text)),
      onBinary: () => this.#inbound.carry(() => this.#refuseBinary()),
      onEnd: (end) => this.#end(end),
    });
    this.#in(this.#maxSeconds * 1000, () => this.expire());
    for (const ms of this.failures.elapsedMs) this.#in(ms, () => this.reached({ on: "elapsed", ms }));
    this.reached({ on: "session_created" });
  }

  /**
   * Waits for `condition`, which is looked at after every event in either direction.
   *
   * @returns false when the session ended before it held
   */
  until(condition: () => boolean): Promise<boolean> {
    return this.#waiters.add(condition);
  }

  /**
   * Waits for the `count`th client event of a type.
   * @returns undefined when the session ended before it came
   */
  async received(type: string, count = 1): Promise<EmulatedClientEvent | undefined> {
    await this.until(() => this.record.eventsOf(type).length >= count);
    return this.record.eventsOf(type)[count - 1];
  }

  /** Does at once what a failure script does at a point. */
  fail(action: PointAction): void {
    switch (action.failure) {
      case "drop":
        this.#isOver = true;
        return this.#outbound.carry(() => void this.#socket.drop());
      case "close":
        return this.close(action.code, action.reason);
      case "stall":
        this.#isOver = true;
        this.#inbound.cut();
        this.#outbound.cut();
        return this.#socket.stall();
      case "stop_reading":
        return this.#socket.stopReading();
      case "error":
        return this.#error(errorBody(action.code, action.message, action.type), null, null);
      case "expire":
        return this.expire();
      case "inject":
        return this.emit(action.event as OutgoingEvent);
    }
  }

  /** Ends the session as its time limit does. */
  expire(): void {
    this.#error(errorBody("session_expired"), null, null);
    this.close(EXPIRED_CLOSE.code, EXPIRED_CLOSE.reason);
  }

  /** Closes the connection with a close frame. */
  close(code: number, reason?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outbound.carry(() => this.#socket.close(code, reason));
  }

  /** @internal */
  newId(prefix: IdPrefix): string {
    return `${prefix}_${this.number}_${++this.#lastId}`;
  }

  /** @internal */
  emit({ type, ...fields }: OutgoingEvent): void {
    if (this.#isOver) return;
    const obfuscation = obfuscationOf(type, fields.delta);
    this.#send(JSON.stringify({ type, event_id: this.newId("event"), ...fields, obfuscation }));
    this.#waiters.look();
  }

  /** @internal */
  emitAudio(place: string, delta: Delta, audio: { responseId: string; itemId: string; ms: number }): void {
    if (this.#isOver) return;
    const head = `{"type":"response.output_audio.delta","event_id":"${this.newId("event")}",`;
    this.#send(`${head}${place},"delta":"${delta.base64}"}`);
    this.record.addAudio(audio.responseId, audio.itemId, audio.ms, this.clock.now());
    this.totals.deltaAudioMs += audio.ms;
    this.#waiters.look();
  }

  /** @internal */
  reached(point: Reached): void {
    for (const failure of this.failures.take(point)) if (!this.#isOver) this.fail(failure);
  }

  #send(text: string): void {
    this.#outbound.carry(() => void this.#socket.send(text));
  }

  #receive(text: string): void {
    if (this.#isOver) return;
    const audio = plainAppend(text);
    const { eventId, event, error } = audio === undefined
      ? readMessage(text)
      : { eventId: null, event: undefined, error: undefined };
    if (event && event.type !== "input_audio_buffer.append") {
      const kept = text.length <= MAX_RECORDED_CHARS ? event : { type: event.type, event_id: event.event_id };
      this.record.addEvent(kept, this.clock.now());
      this.#onLog?.(`client sent ${String(event.type)}`);
    }
    try {
      if (error) throw error;
      if (audio !== undefined) this.#turns.append(audio);
      else if (event) this.#handle(event);
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      this.#error(errorBody(thrown.code, thrown.message), thrown.param, eventId);
    }
    this.#waiters.look();
  }

  #refuseBinary(): void {
    this.#error(errorBody("invalid_event", "All frames are JSON text; a binary one came."), null, null);
    this.#waiters.look();
  }

  /** @throws {ProtocolError} */
  #handle(event: EmulatedClientEvent): void {
    switch (event.type) {
      case "session.update":
        return this.#update(event.session as SessionPatch);
      case "input_audio_buffer.append":
        return this.#turns.append(event.audio as string);
      case "input_audio_buffer.commit":
        return this.#turns.commit();
      case "input_audio_buffer.clear":
        return this.#turns.clear();
      case "conversation.item.create":
        return this.#create(event);
      case "conversation.item.retrieve":
        return retrieveItem(this, event);
      case "conversation.item.truncate":
        return truncateItem(this, event);
      case "conversation.item.delete":
        return deleteItem(this, event);
      case "response.create":
        return this.#respond((event.response ?? {}) as ResponseParams);
      case "response.cancel":
        return this.#responses.cancel(event.response_id as string | undefined, "client_cancelled");
    }
  }

  #update(patch: SessionPatch): void {
    const next = updatedConfig(this.#config, patch, this.record.audio.size > 0);
    this.reached({ on: "session_update" });
    if (this.#isOver) return;
    this.#config = next;
    this.#turns.configured();
    this.emit({ type: "session.updated", session: next });
    this.#mcpTools.configured(next);
    this.reached({ on: "session_updated" });
  }

  #create(event: EmulatedClientEvent): void {
    const item = createItem(this, event);
    if (item.type !== "function_call_output") return;
    this.#responses.addToolOutput(item as FunctionCallOutputItem);
    this.reached({ on: "function_call_output" });
  }

  #respond(params: ResponseParams, trigger?: Trigger): void {
    if (params.conversation !== "none") this.#turns.responseStarted();
    this.#responses.create(params, this.#turns.number, trigger);
  }

  #committed(turn: number, itemId: string): void {
    const heard = this.conversation.newestHeard;
    if (heard) this.#transcriber.committed(turn, itemId, heard);
  }

  #answerTurn(turn: number, trigger: Trigger): void {
    if (this.#isOver || this.failures.ofTurn("silent_model", turn)) return;
    try {
      this.#respond({}, trigger);
    } catch (error) {
      // with interrupt_response off the model may still be talking
      if (!(error instanceof ProtocolError)) throw error;
      this.#error(errorBody(error.code, error.message), error.param, null);
    }
  }

  #error(body: ErrorBody, param: string | null, eventId: string | null): void {
    if (this.#isOver) return;
    countError(this.totals, body.code);
    this.#onLog?.(`error ${body.code}${param === null ? "" : ` (${param})`}: ${body.message}`);
    addBounded(this.record.errors, { code: body.code, message: body.message, atMs: this.clock.now() });
    this.emit({ type: "error", error: { ...body, param, event_id: eventId } });
  }

  #in(ms: number, run: () => void): void {
    this.#timers.push(this.clock.at(this.clock.now() + ms, run));
  }

  /** Releases everything but the record and the conversation's texts. */
  #end(end: SocketEnd): void {
    this.#isOver = true;
    this.record.end = end;
    this.#onLog?.(`ended by the ${end.by}: ${end.code} ${end.reason}`.trim());
    this.record.endedMs = this.clock.now();
    this.totals.sessionsOpen--;
    for (const timer of this.#timers) timer.cancel();
    this.#inbound.cut();
    this.#outbound.cut();
    this.#responses.release();
    this.#transcriber.release();
    this.#turns.release();
    this.conversation.releaseAudio();
    this.#waiters.release();
  }
}
