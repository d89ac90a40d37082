import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { encodeBase64 } from "../../src/audio/base64.ts";
import { DelayLine } from "../../src/lab/twilio/network.ts";
import { after, type Clock, type Timer } from "../../src/util/clock.ts";
import { FakeSocket } from "./fake_socket.ts";

/** What the model does when it is to answer. */
export type Plan =
  /** Thinks, shows that it works, speaks, then calls functions by these names. */
  | {
    does: "answer";
    speechMs: number;
    calls: readonly string[];
    lateDeltas: number;
    /** Time without a sign before the first output; default 150 ms. */
    thinkMs?: number;
    /** For so long it shows signs of work before it speaks. */
    workMs?: number;
  }
  /** Answers by text alone. */
  | { does: "write"; text: string }
  /** Ends without any item. */
  | { does: "stop" }
  /** Begins a response and never puts anything out. */
  | { does: "nothing" }
  | { does: "fail"; code: string };

/** One function call that the client was told of as complete. */
export interface AskedCall {
  callId: string;
  name: string;
  /** The session that made it. */
  session: ModelSession;
  toldAtMs: number;
  /** Outputs that the client sent for it. */
  outputs: number;
  /** Its output said that the caller spoke again before the call was hung up. */
  isCalledOff: boolean;
  /** Its result was in the history that a new session was given. */
  isInHistory: boolean;
  /** Another session, that was there already, was told its result as text. */
  isToldAsText: boolean;
}

/** A response that the client asked for. */
export interface AskedResponse {
  readonly atMs: number;
  readonly instructions: string;
  readonly eventId: string;
  /** The number of the response that came of it; undefined when none did. */
  response?: number;
}

interface Active {
  id: string;
  number: number;
  itemId: string;
  metadata: Record<string, string> | undefined;
  /** Milliseconds of audio that were sent of its item. */
  sentMs: number;
  lateDeltas: number;
  /** Its items, as the end of the response lists them. */
  output: unknown[];
}

const OPEN = 1;
const DELTA_MS = 100;
/** Generation takes this much of the audio's own time. */
const GENERATION_SHARE = 0.2;
const THINKING_MS = 150;
const CALL_MS = 60;
const SIGN_EVERY_MS = 400;
/** Sound before speech that voice detection counts to it. */
const PADDING_MS = 300;

export interface ModelOpenAiOptions {
  /** What the model does, response by response, over and over. */
  plans: readonly Plan[];
  /** What it does where it may call no tool, such as in a filler. Default: the next of the plans. */
  aside?: Plan;
  /** The way there, and the way back. */
  delayMs: number;
  /** A session ends this long after it was opened. */
  sessionLifeMs: number;
  /** From the end of a turn to the response that answers it. */
  turnMs: number;
  /** Tells all that OpenAI tells, not only what changes the talk. Default: no. */
  isTalkative?: boolean;
  /** From a connection to its session, by its number; beside the delay. Default: none. */
  connectMs?: (number: number) => number;
  /** From the end of the turn, or the request, until a response is created; beside the rest. Default: none. */
  queueMs?: number;
  /** Silence after an answer that makes the model speak by itself. Default: none does. */
  idleTimeoutMs?: number;
}

/** An event of the model's, on its way to the client. */
export interface ModelEvent {
  type: string;
  [field: string]: unknown;
}

/** What all sessions of a modelled OpenAI have in common. */
export class ModelOpenAi {
  readonly sessions: ModelSession[] = [];
  /** Rules of the interface that the client broke. */
  readonly violations: string[] = [];
  /** Function calls of all sessions. */
  readonly calls: AskedCall[] = [];
  /** Responses that the client asked for. */
  readonly asked: AskedResponse[] = [];
  /** Items that the client deleted. */
  readonly deleted: string[] = [];
  /** Responses that the client cancelled. */
  cancels = 0;
  /** When the model is at work on a response that nobody has cancelled: from when to when. */
  readonly work: { fromMs: number; toMs: number }[] = [];
  /** Connections that are refused before the next one is taken. */
  refusals = 0;
  responses = 0;
  /** Sessions that were used until they expired. */
  expired = 0;
  /** Turns of the caller, those of silence included. */
  turns = 0;
  /** The number of the newest response that the client was told of. */
  toldResponse = 0;
  /** What becomes of an event on its way to the client: undefined when it gets lost. */
  tamper: (event: ModelEvent, session: ModelSession) => unknown = (event) => event;
  #plans = 0;

  constructor(readonly clock: Clock, readonly options: ModelOpenAiOptions) {}

  /** A connection is asked for. */
  open(): ModelSession {
    const session = new ModelSession(this);
    this.sessions.push(session);
    return session;
  }

  /** Plans that were carried out, and perhaps the one under way. */
  get plansDone(): number {
    const isAtWork = (this.work.at(-1)?.toMs ?? 0) > this.clock.now();
    return this.#plans - (isAtWork ? 1 : 0);
  }

  /** The session that talks to the call now: its successor waits until it is closed. */
  get session(): ModelSession | undefined {
    return this.sessions.find((session) => session.readyState === OPEN);
  }

  /** The session that hears the caller, if one does. */
  get listening(): ModelSession | undefined {
    return this.session?.isListening ? this.session : undefined;
  }

  nextPlan(mayCall: boolean): Plan {
    const { plans, aside } = this.options;
    if (!mayCall && aside) return aside;
    return plans[this.#plans++ % plans.length];
  }

  violate(what: string): void {
    this.violations.push(`${Math.round(this.clock.now())} ms: ${what}`);
  }
}

/**
 * The server's end of one session, as OpenAI describes it: one response at a time, turns by voice detection, calls of
 * functions, audio that comes late. Each delta's bytes are the number of its response, so that what is played shows whose
 * it is.
 */
export class ModelSession extends FakeSocket {
  readonly #model: ModelOpenAi;
  readonly #up: DelayLine;
  readonly #down: DelayLine;
  readonly #items = new Map<string, Active>();
  /** Ids of other items that it has: the caller's turns, and items of answers that have no audio. */
  readonly #others = new Set<string>();
  #active: Active | undefined;
  /** Only then does the client send audio, so nothing is heard before. */
  #isReady = false;
  #isSpeaking = false;
  #turnId = "";
  #audioMs = 0;
  #idle: Timer | undefined;
  #interrupts = true;
  #expiresAtEpochMs = Infinity;
  /** What the client knows: the response that it was told of, and the one that it asked for. */
  #known: string | undefined;
  #asked: string | undefined;

  constructor(model: ModelOpenAi) {
    super("connecting");
    this.#model = model;
    const { delayMs, sessionLifeMs } = model.options;
    this.#up = new DelayLine(model.clock, { delayMs });
    this.#down = new DelayLine(model.clock, { delayMs });
    const isRefused = model.refusals > 0;
    if (isRefused) model.refusals--;
    const connectMs = model.options.connectMs?.(model.sessions.length + 1) ?? 0;
    if (connectMs === Infinity) return;
    after(model.clock, 2 * delayMs + connectMs, () => {
      if (this.readyState !== 0) return;
      if (isRefused) return this.fail("refused");
      this.#expiresAtEpochMs = model.clock.epoch() + sessionLifeMs;
      this.open();
      this.#emit({ type: "session.created", session: {} });
      this.#mention({ type: "mcp_list_tools.failed", item_id: "mcp_list" });
      if (sessionLifeMs < Infinity) after(model.clock, sessionLifeMs, () => this.#expire());
    });
  }

  override send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.readyState !== OPEN) this.#model.violate("a message to OpenAI after the end of its session");
    super.send(data);
    const event = JSON.parse(String(data));
    this.#checkSent(event);
    this.#up.carry(() => this.#receive(event));
  }

  override close(code?: number, reason?: string): void {
    super.close(code, reason);
    this.#over();
  }

  /** The connection breaks. */
  drop(): void {
    this.#over();
    this.closeByPeer(1006);
  }

  /** Voice detection hears the caller. */
  speechStarted(): void {
    if (this.readyState !== OPEN || !this.#isReady || this.#isSpeaking) return;
    this.#isSpeaking = true;
    this.#idle?.cancel();
    this.#turnId = `item_user_${++this.#model.turns}`;
    this.#emit({
      type: "input_audio_buffer.speech_started",
      audio_start_ms: Math.max(0, this.#audioMs - PADDING_MS),
      item_id: this.#turnId,
    });
    if (this.#interrupts && this.#active) this.#end("cancelled");
  }

  /**
   * The caller's turn is over.
   * @param words what was said, for the transcription; by default every other turn cannot be made out
   */
  speechStopped(words?: string): void {
    if (this.readyState !== OPEN || !this.#isSpeaking) return;
    this.#isSpeaking = false;
    const audio_end_ms = this.#audioMs;
    this.#emit({ type: "input_audio_buffer.speech_stopped", audio_end_ms, item_id: this.#turnId });
    this.#commit(this.#turnId, words ?? (this.#model.turns % 2 === 1 ? "I have a question." : undefined));
    after(this.#model.clock, this.#model.options.turnMs, () => this.#answerTurn());
  }

  #commit(id: string, words: string | undefined): void {
    this.#others.add(id);
    this.#emit({ type: "input_audio_buffer.committed", item_id: id, previous_item_id: null });
    const item = { id, type: "message", role: "user", content: [{ type: "input_audio" }] };
    this.#mention({ type: "conversation.item.added", previous_item_id: null, item });
    this.#mention({ type: "conversation.item.done", previous_item_id: null, item });
    const transcription = "conversation.item.input_audio_transcription";
    const isUnclear = words === undefined && this.#model.options.isTalkative;
    // One that is not talkative tells words all the same: without them, an interruption is taken back.
    this.#emit(
      isUnclear ? { type: `${transcription}.failed`, item_id: id, error: null } : {
        type: `${transcription}.completed`,
        item_id: id,
        transcript: words ?? "I have a question.",
        usage: null,
      },
    );
  }

  /** True while it hears what the caller says. */
  get isListening(): boolean {
    return this.readyState === OPEN && this.#isReady;
  }

  /** Voice detection takes what goes on for another turn. */
  heardAnew(): void {
    this.#isSpeaking = false;
    this.speechStarted();
  }

  /** Nobody has said anything for a while. */
  #onIdle(): void {
    if (this.readyState !== OPEN || this.#isSpeaking || this.#active) return;
    const item_id = `item_user_${++this.#model.turns}`;
    this.#emit({ type: "input_audio_buffer.timeout_triggered", audio_start_ms: 0, audio_end_ms: 0, item_id });
    this.#commit(item_id, "");
    this.#begin(undefined, true);
  }

  #answerTurn(): void {
    const { queueMs = 0 } = this.#model.options;
    if (queueMs > 0) return void after(this.#model.clock, queueMs, () => this.#begins(undefined, true, null));
    this.#begins(undefined, true, null);
  }

  #begins(metadata: Record<string, string> | undefined, mayCall: boolean, eventId: unknown): void {
    if (this.readyState !== OPEN || (eventId === null && this.#isSpeaking)) return;
    if (this.#active) this.#error("conversation_already_has_active_response", eventId);
    else this.#begin(metadata, mayCall);
  }

  #expire(): void {
    if (this.readyState !== OPEN) return;
    this.#model.expired++;
    this.#error("session_expired", null);
  }

  #over(): void {
    this.#idle?.cancel();
    this.#endWork();
    this.#active = undefined;
    this.#up.cut();
    this.#down.cut();
  }

  /** What the client may send, as far as it can know. */
  #checkSent(event: Record<string, unknown>): void {
    const model = this.#model;
    if (event.type === "response.create") {
      if (this.#known) model.violate(`response.create while ${this.#known} is active`);
      if (this.#asked) model.violate(`response.create while ${this.#asked} is not answered`);
      this.#asked = String(event.event_id);
      const { instructions = "" } = event.response as { instructions?: string };
      model.asked.push({ atMs: model.clock.now(), instructions, eventId: this.#asked });
    }
    if (event.type !== "conversation.item.create") return;
    const item = event.item as Record<string, unknown>;
    if (item.type === "function_call_output") {
      const call = model.calls.find(({ callId }) => callId === item.call_id);
      if (call) {
        call.outputs++;
        call.isCalledOff = String(item.output).includes("spoken again");
      } else model.violate(`an output of ${item.call_id}, which was never called`);
      return;
    }
    const text = JSON.stringify(item.content);
    if (text.includes("The result of ")) return this.#checkTold(text);
    if (!text.includes("It gave: ") || text.includes("nothing yet")) return;
    for (const call of model.calls) call.isInHistory ||= text.includes(`${call.callId}.`);
  }

  /** A result told as text must be that of a call that another session made, and that has none yet. */
  #checkTold(text: string): void {
    const call = this.#model.calls.find((call) =>
      call.session !== this && call.outputs === 0 && !call.isToldAsText && !call.isInHistory &&
      text.includes(`The result of ${call.name} is: `) &&
      (!text.includes("call_") || text.includes(`${call.callId}.`))
    );
    if (call) call.isToldAsText = true;
    else this.#model.violate(`a result of no open call of another session: ${text}`);
  }

  #receive(event: Record<string, unknown>): void {
    switch (event.type) {
      case "session.update": {
        const session = event.session as {
          audio?: { input: { turn_detection: { interrupt_response: boolean } } };
        };
        if (session.audio) this.#interrupts = session.audio.input.turn_detection.interrupt_response;
        return this.#emit({
          type: "session.updated",
          session: {
            type: "realtime",
            ...this.#expiresAtEpochMs < Infinity &&
              { expires_at: Math.floor(this.#expiresAtEpochMs / 1_000) },
          },
        });
      }
      case "conversation.item.create":
        this.#others.add(String((event.item as { id?: string }).id));
        return this.#emit({ type: "conversation.item.added", previous_item_id: null, item: event.item });
      case "input_audio_buffer.append":
        this.#audioMs += String(event.audio).length * 3 / 4 / BYTES_PER_MS;
        return;
      case "input_audio_buffer.commit":
        return this.#commit(this.#turnId, "");
      case "response.create": {
        const { metadata, tool_choice } = event.response as {
          metadata?: Record<string, string>;
          tool_choice?: string;
        };
        const mayCall = tool_choice !== "none";
        const { queueMs = 0 } = this.#model.options;
        if (queueMs === 0) return this.#begins(metadata, mayCall, event.event_id);
        return void after(this.#model.clock, queueMs, () => this.#begins(metadata, mayCall, event.event_id));
      }
      case "response.cancel":
        if (this.#active?.id === event.response_id) {
          this.#model.cancels++;
          return this.#end("cancelled");
        }
        return this.#error("response_cancel_not_active", event.event_id ?? null);
      case "conversation.item.delete":
      case "conversation.item.truncate": {
        const item = this.#items.get(String(event.item_id));
        if (!item && event.type.endsWith("delete") && this.#others.delete(String(event.item_id))) return;
        if (!item) return this.#model.violate(`${event.type} of an item that this session does not have`);
        if (Number(event.audio_end_ms ?? 0) > item.sentMs) {
          this.#model.violate("a truncation beyond what was sent");
        }
        if (event.type.endsWith("delete")) {
          this.#items.delete(item.itemId);
          this.#model.deleted.push(item.itemId);
        }
        this.#mention({ type: `${event.type}d`, item_id: item.itemId });
      }
    }
  }

  #begin(metadata: Record<string, string> | undefined, mayCall: boolean): void {
    const number = ++this.#model.responses;
    const plan = this.#model.nextPlan(mayCall);
    const active: Active = {
      id: `resp_${number}`,
      number,
      itemId: `item_${number}`,
      metadata,
      sentMs: 0,
      output: [],
      lateDeltas: plan.does === "answer" ? plan.lateDeltas : 0,
    };
    const eventId = Object.values(metadata ?? {})[0];
    const asked = eventId && this.#model.asked.findLast((one) => one.eventId === eventId);
    if (asked) asked.response = number;
    this.#active = active;
    this.#others.add(active.itemId);
    this.#idle?.cancel();
    this.#model.work.push({ fromMs: this.#model.clock.now(), toMs: Infinity });
    this.#emit({ type: "response.created", response: { id: active.id, metadata: metadata ?? null } });
    const item = { id: active.itemId, type: "message", role: "assistant", content: [] };
    const isMute = plan.does === "stop" || plan.does === "answer" && plan.thinkMs !== undefined;
    if (!isMute) this.#mention({ type: "response.output_item.added", response_id: active.id, item });
    if (!isMute) this.#mention({ type: "conversation.item.added", previous_item_id: null, item });
    if (plan.does === "nothing") return;
    this.#later(active, plan.does === "answer" ? plan.thinkMs ?? THINKING_MS : THINKING_MS, () => {
      switch (plan.does) {
        case "fail":
          return this.#end("failed", plan.code);
        case "stop":
          return this.#end("completed");
        case "write":
          return this.#write(active, plan.text);
        default:
          this.#work(active, plan.workMs ?? 0, () => {
            this.#speak(active, plan.speechMs, () => this.#call(active, mayCall ? [...plan.calls] : []));
          });
      }
    });
  }

  /** Shows signs of work. */
  #work(active: Active, leftMs: number, then: () => void): void {
    if (leftMs <= 0) return then();
    this.#emit({ type: "response.function_call_arguments.delta", response_id: active.id, delta: "{" });
    this.#later(active, SIGN_EVERY_MS, () => this.#work(active, leftMs - SIGN_EVERY_MS, then));
  }

  #write(active: Active, text: string): void {
    this.#items.set(active.itemId, active);
    this.#emit({ type: "response.output_text.delta", ...placeOf(active), delta: text });
    this.#emit({ type: "response.output_text.done", ...placeOf(active), text });
    active.output.push({
      id: active.itemId,
      type: "message",
      role: "assistant",
      content: [{ type: "output_text", text }],
    });
    this.#end("completed");
  }

  #speak(active: Active, leftMs: number, then: () => void): void {
    if (leftMs <= 0) {
      if (active.sentMs > 0) this.#emit({ type: "response.output_audio.done", ...placeOf(active) });
      const item = { id: active.itemId, type: "message", role: "assistant", content: [] };
      const transcript = "Words. ".repeat(active.sentMs / DELTA_MS);
      this.#mention({ type: "response.output_audio_transcript.done", ...placeOf(active), transcript });
      this.#mention({ type: "conversation.item.done", previous_item_id: null, item });
      this.#mention({ type: "response.output_item.done", response_id: active.id, item });
      return then();
    }
    this.#mention({ type: "response.output_audio_transcript.delta", ...placeOf(active), delta: "Words. " });
    this.#delta(active);
    this.#later(active, DELTA_MS * GENERATION_SHARE, () => this.#speak(active, leftMs - DELTA_MS, then));
  }

  #call(active: Active, names: string[]): void {
    const name = names.shift();
    if (name === undefined) return this.#end("completed");
    this.#later(active, CALL_MS, () => {
      const callId = `call_${active.number}_${names.length}`;
      this.#others.add(`fc_${callId}`).add(`mcp_${callId}`);
      if (name === "mcp") return this.#callServer(active, callId, () => this.#call(active, names));
      this.#mention({ type: "response.function_call_arguments.delta", response_id: active.id, delta: "{" });
      this.#emit({
        type: "response.output_item.done",
        response_id: active.id,
        output_index: 1,
        item: {
          id: `fc_${callId}`,
          type: "function_call",
          status: "completed",
          call_id: callId,
          name,
          arguments: JSON.stringify({ id: `${callId}.` }),
        },
      });
      this.#call(active, names);
    });
  }

  /** OpenAI calls an MCP server by itself. */
  #callServer(active: Active, callId: string, then: () => void): void {
    const item = { id: `mcp_${callId}`, type: "mcp_call", name: "mcp", arguments: "", server_label: "shop" };
    this.#emit({ type: "response.output_item.added", response_id: active.id, item });
    this.#later(active, CALL_MS, () => {
      const done = { ...item, arguments: "{}", output: "Yes.", error: null };
      this.#emit({ type: "conversation.item.done", previous_item_id: null, item: done });
      this.#emit({ type: "response.mcp_call.completed", item_id: item.id });
      this.#emit({ type: "response.output_item.done", response_id: active.id, item: done });
      then();
    });
  }

  #end(status: string, code?: string): void {
    const active = this.#active;
    if (!active) return;
    this.#endWork();
    this.#active = undefined;
    const { id, metadata = null, output } = active;
    const { idleTimeoutMs } = this.#model.options;
    if (idleTimeoutMs !== undefined) {
      this.#idle = after(this.#model.clock, active.sentMs + idleTimeoutMs, () => this.#onIdle());
    }
    if (status === "cancelled") {
      if (active.sentMs > 0) this.#emit({ type: "response.output_audio.done", ...placeOf(active) });
      this.#others.add(`fc_cut_${id}`);
      // A call that was cut off is reported too, and must not be run.
      this.#emit({
        type: "response.output_item.done",
        response_id: id,
        output_index: 1,
        item: {
          id: `fc_cut_${id}`,
          type: "function_call",
          status: "incomplete",
          call_id: `cut_${id}`,
          name: "fast",
          arguments: '{"',
        },
      });
    }
    const status_details = code && { type: "failed", error: { type: "server_error", code, message: code } };
    if (status === "completed") this.#mention({ type: "rate_limits.updated", rate_limits: [] });
    this.#emit({
      type: "response.done",
      response: { id, status, metadata, output, ...code && { status_details } },
    });
    if (status === "cancelled") { for (let i = 0; i < active.lateDeltas; i++) this.#delta(active); }
  }

  #endWork(): void {
    const work = this.#model.work.at(-1);
    if (this.#active && work) work.toMs = Math.min(work.toMs, this.#model.clock.now());
  }

  #delta(active: Active): void {
    active.sentMs += DELTA_MS;
    this.#items.set(active.itemId, active);
    const audio = new Uint8Array(DELTA_MS * BYTES_PER_MS).fill(active.number);
    this.#emit({ type: "response.output_audio.delta", ...placeOf(active), delta: encodeBase64(audio) });
  }

  #later(active: Active, ms: number, run: () => void): void {
    after(this.#model.clock, ms, () => {
      if (this.#active === active) run();
    });
  }

  #error(code: string, event_id: unknown): void {
    this.#emit({
      type: "error",
      error: { type: "invalid_request_error", code, message: code, param: null, event_id },
    });
  }

  #emit(event: ModelEvent): void {
    this.#down.carry(() => {
      const told = this.#model.tamper({ event_id: "e", ...event }, this);
      if (told === undefined) return;
      this.#noteKnown(event);
      this.deliver(told);
    });
  }

  /** Tells what changes nothing. */
  #mention(event: ModelEvent): void {
    if (this.#model.options.isTalkative) this.#emit(event);
  }

  /** The client is about to be told. */
  #noteKnown(event: ModelEvent): void {
    if (event.type === "response.created") {
      const { id, metadata } = event.response as { id: string; metadata: Record<string, string> | null };
      this.#known = id;
      this.#model.toldResponse = Number(id.slice("resp_".length));
      if (metadata && Object.values(metadata).includes(this.#asked ?? "")) this.#asked = undefined;
    }
    if (event.type === "session.updated") this.#isReady = true;
    if (event.type === "response.done") this.#known = undefined;
    if (event.type === "error" && (event.error as { event_id: unknown }).event_id === this.#asked) {
      this.#asked = undefined;
    }
    if (
      event.type === "response.output_item.done" && (event.item as { type: string }).type === "function_call"
    ) {
      const item = event.item as { call_id: string; name: string; status: string };
      if (item.status !== "completed") return;
      const toldAtMs = this.#model.clock.now();
      this.#model.calls.push({
        callId: item.call_id,
        name: item.name,
        session: this,
        toldAtMs,
        outputs: 0,
        isCalledOff: false,
        isInHistory: false,
        isToldAsText: false,
      });
    }
  }
}

function placeOf({ id, itemId }: Active) {
  return { response_id: id, item_id: itemId, output_index: 0, content_index: 0 };
}
