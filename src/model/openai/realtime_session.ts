import { type Clock, type Timer, within } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import { FloodGate } from "../../util/flood_gate.ts";
import { isObject } from "../../util/is_object.ts";
import { isWellFormed } from "../event_schema.ts";
import { DeltaScan, leadingType } from "./delta_scan.ts";
import {
  AUDIO_DELTA,
  type ClientEvent,
  eventHandling,
  type ServerEvent,
  type SessionRequest,
} from "../events.ts";
import type { ModelListener, ModelSession, ModelSessionHandler, ModelSessionStats } from "../model.ts";
import { Heartbeat } from "./heartbeat.ts";
import { fromApi, RealtimeError } from "../realtime_error.ts";
import { fromClose, fromConnectFailure } from "./connect.ts";

/**
 * The socket must be open this long after it was asked for. Longer than most callers wait: a slow connection
 * is not a failed one, and who is in a hurry makes another attempt beside it.
 */
export const CONNECT_TIMEOUT_MS = 10_000;
/** `session.updated` must have come this long after the socket opened. */
export const CONFIGURE_TIMEOUT_MS = 10_000;
/** Longest message accepted, in characters: a minute of PCM16 in base64 is 3.8 M. */
export const MAX_EVENT_CHARS = 8 * 1024 * 1024;
/**
 * Longest event that is no audio, in characters: words of a whole session, and what MCP servers answer. A
 * longer one is malformed: to read it would hold up all calls.
 */
const MAX_TEXT_EVENT_CHARS = 1024 * 1024;
/**
 * A session that sends more than this is lost. Audio comes in some tens to hundreds of messages a second,
 * ahead of time.
 */
export const SESSION_FLOOD = { maxMessages: 30_000, windowMs: 10_000 };
/** While more than this lies in the socket no audio goes in: two seconds of PCM16 in base64. */
export const SESSION_CLOGGED_BYTES = 128 * 1024;
/**
 * No event goes in either beyond this, which a few of the longest instructions reach: the session is lost.
 */
export const SESSION_LOST_BYTES = 1024 * 1024;
/**
 * Events of one session that our own code may fail at. Each ends there; one more, and the session is lost.
 */
export const MAX_FAILED_EVENTS = 8;
/**
 * Events kept for whoever is to listen. A session that was opened ahead has few: what became of its MCP
 * servers.
 */
export const MAX_EARLY_EVENTS = 8;

/** The part of a `WebSocket` that a session uses. */
export type RealtimeSocket = Pick<
  WebSocket,
  "send" | "close" | "readyState" | "bufferedAmount" | "addEventListener" | "removeEventListener"
>;

export interface RealtimeSessionOptions {
  /** Opens the socket; see `openSocket`. */
  open: () => RealtimeSocket;
  /** The configuration to be in force before any audio flows. */
  session: SessionRequest;
  clock: Clock;
}

type State = "connecting" | "configuring" | "ready" | "closed";
const OPEN = 1;
const CONFIGURE_EVENT_ID = "configure";
/** How OpenAI's audio deltas begin; one that begins otherwise is parsed. */
const DELTA_HEAD = `{"type":"${AUDIO_DELTA}"`;
const APPEND_HEAD = `{"type":"input_audio_buffer.append","audio":"`;
/**
 * The runtime's WebSocket client leaves Nagle's algorithm on, and cannot be told otherwise: while a message
 * that fits into one segment is not acknowledged, the next one waits. A model's system that sends, too,
 * acknowledges at once only what is more than a segment. So an append that would just fit, as 20 ms of PCM16
 * do, is made longer by blanks, which JSON ignores; without them a frame waits for the next one, 20 ms. See
 * `docs/figures.md`.
 */
const LONG_APPEND_HEAD = APPEND_HEAD.replace(",", `,${" ".repeat(128)}`);
/** 20 ms of PCM16 in base64. With the blanks they are more than a segment of Ethernet, 1,460 bytes, … */
const LENGTHENED_FROM_CHARS = 1_280;
/** … and from here on it is so without them. The rest is what TLS, WebSocket and the event put around it. */
const LENGTHENED_TO_CHARS = 1_380;

/**
 * One session of the Realtime API: connect, configure, then audio and events both ways. Never reconnects by
 * itself.
 */
export class RealtimeSession implements ModelSession {
  readonly stats: ModelSessionStats = { received: 0, unknown: 0, malformed: 0, signsOfWork: 0 };

  #handler: ModelSessionHandler;
  #listener: ModelListener | undefined;
  /** What was told before anybody listened. */
  #early: ServerEvent[] = [];
  readonly #request: SessionRequest;
  readonly #clock: Clock;
  readonly #scan = new DeltaScan();
  readonly #flood: FloodGate;
  readonly #socket: RealtimeSocket;
  #state: State = "connecting";
  /** Time-out of the present state, until it is ready. */
  #deadline: Timer;
  #heartbeat: Heartbeat | undefined;
  #connectFailure = "";
  #failedEvents = 0;
  #expiresAtEpochMs = Infinity;

  /** Starts to connect at once. What becomes of it is told to `handler`. */
  constructor(options: RealtimeSessionOptions, handler: ModelSessionHandler) {
    this.#handler = handler;
    this.#request = options.session;
    this.#clock = options.clock;
    this.#flood = new FloodGate(options.clock, SESSION_FLOOD);
    this.#socket = options.open();
    // Not by `onmessage`, which the runtime wraps into a function for each event of each socket.
    this.#socket.addEventListener("open", this.#onOpen);
    this.#socket.addEventListener("message", this.#onMessage);
    this.#socket.addEventListener("error", this.#onSocketError);
    this.#socket.addEventListener("close", this.#onClose);
    this.#deadline = this.#within(
      CONNECT_TIMEOUT_MS,
      "realtime_connect_timeout",
      "OpenAI did not accept the connection",
    );
  }

  get isReady(): boolean {
    return this.#state === "ready";
  }

  get backlogBytes(): number {
    return this.#state === "closed" ? 0 : this.#socket.bufferedAmount;
  }

  get isClogged(): boolean {
    return this.backlogBytes > SESSION_CLOGGED_BYTES;
  }

  listen(listener: ModelListener): void {
    this.#listener = listener;
    for (const event of this.#early.splice(0)) listener.onEvent(event);
  }

  adopt(handler: ModelSessionHandler): void {
    this.#handler = handler;
    queueMicrotask(() => {
      if (this.#state === "ready" && this.#handler === handler) handler.onReady(this.#expiresAtEpochMs);
    });
  }

  appendAudio(base64: string): void {
    if (this.#state !== "ready" || this.#socket.readyState !== OPEN) return;
    const isLengthened = base64.length >= LENGTHENED_FROM_CHARS && base64.length <= LENGTHENED_TO_CHARS;
    this.#socket.send((isLengthened ? LONG_APPEND_HEAD : APPEND_HEAD) + base64 + `"}`);
  }

  send(event: ClientEvent): void {
    if (this.#state !== "ready" || this.#socket.readyState !== OPEN) return;
    if (this.backlogBytes <= SESSION_LOST_BYTES) return this.#socket.send(JSON.stringify(event));
    const message = `OpenAI has not taken ${this.backlogBytes} bytes.`;
    queueMicrotask(() => this.#fail("realtime_backlog", message));
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#release();
    this.#closeSocket();
  }

  readonly #onOpen = (): void => {
    this.#deadline.cancel();
    if (this.#state !== "connecting") return;
    this.#state = "configuring";
    this.#deadline = this.#within(
      CONFIGURE_TIMEOUT_MS,
      "realtime_configure_timeout",
      "OpenAI did not confirm the session",
    );
    this.#socket.send(JSON.stringify(
      { type: "session.update", event_id: CONFIGURE_EVENT_ID, session: this.#request } satisfies ClientEvent,
    ));
  };

  readonly #onMessage = ({ data }: MessageEvent): void => {
    if (this.#state === "closed") return;
    this.stats.received++;
    if (!this.#flood.admits()) {
      return this.#fail(
        "realtime_flood",
        `OpenAI sent more than ${SESSION_FLOOD.maxMessages} messages at once.`,
      );
    }
    if (typeof data !== "string") return void this.stats.malformed++;
    if (data.length > MAX_EVENT_CHARS) {
      return this.#fail("realtime_message_too_long", `OpenAI sent ${data.length} characters at once.`);
    }
    try {
      this.#dispatch(data);
    } catch (error) {
      this.#onThrown(error);
    }
  };

  /** Our own code failed at an event. It is over with that event, unless it fails again and again. */
  #onThrown(cause: unknown): void {
    const isOneTooMany = ++this.#failedEvents > MAX_FAILED_EVENTS;
    const error = new RealtimeError(
      isOneTooMany ? "retryable" : "benign",
      "realtime_handler_failed",
      messageOf(cause),
      { cause },
    );
    if (isOneTooMany || this.#state !== "ready") return this.#lose(error);
    try {
      this.#listener?.onError(error, undefined);
    } catch {
      // It can only be told of so much.
    }
  }

  #dispatch(text: string): void {
    const scan = this.#scan;
    // First and without a copy of the type, since nearly all messages are deltas.
    if (text.startsWith(DELTA_HEAD) && scan.matches(text)) {
      return this.#listener?.onAudioDelta(text, scan.audioStart, scan.audioEnd, scan.itemId, scan.responseId);
    }
    const type = leadingType(text);
    const handling = type === undefined ? undefined : eventHandling(type);
    if (type !== undefined) this.#noteWork(type);
    if (handling === "ignored") return;
    // The answer to a heartbeat, or to a change of ours: it repeats the whole configuration, which nobody
    // reads.
    if (type === "session.updated" && this.#state === "ready") return;
    if (type !== undefined && handling === undefined) return void this.stats.unknown++;
    if (handling !== "audio" && text.length > MAX_TEXT_EVENT_CHARS) return void this.stats.malformed++;
    this.#onParsed(text, type === undefined);
  }

  #noteWork(type: string): void {
    if (showsWork(type)) this.stats.signsOfWork++;
  }

  /** @param isNew nobody has looked at the event's type yet, since it does not come first */
  #onParsed(text: string, isNew: boolean): void {
    const event = parseEvent(text);
    if (event === undefined) return void this.stats.malformed++;
    if (isNew) this.#noteWork(event.type);
    const handling = eventHandling(event.type);
    if (handling === undefined) return void this.stats.unknown++;
    if (handling === "audio") {
      const { delta, item_id, response_id }: Partial<Record<string, unknown>> = event;
      if (typeof delta !== "string" || !isName(item_id) || !isName(response_id)) {
        return void this.stats.malformed++;
      }
      return this.#listener?.onAudioDelta(delta, 0, delta.length, item_id, response_id);
    }
    if (handling !== "handled") return;
    if (!isWellFormed(event)) return void this.stats.malformed++;
    if (event.type === "error") return this.#onError(event.error);
    if (event.type === "session.updated" && this.#state === "configuring") {
      return this.#onConfigured(event.session);
    }
    if (this.#listener) this.#listener.onEvent(event);
    else if (this.#state === "ready" && this.#early.length < MAX_EARLY_EVENTS) this.#early.push(event);
  }

  #onConfigured(session: unknown): void {
    this.#deadline.cancel();
    const other = otherFormat(session, this.#request);
    if (other) return this.#lose(new RealtimeError("fatal", "realtime_other_format", other));
    this.#state = "ready";
    this.#expiresAtEpochMs = readExpiry(session);
    this.#heartbeat = this.#watch();
    this.#handler.onReady(this.#expiresAtEpochMs);
  }

  #onError(reported: Extract<ServerEvent, { type: "error" }>["error"]): void {
    const error = fromApi(reported);
    const eventId = reported.event_id ?? undefined;
    if (eventId === CONFIGURE_EVENT_ID) {
      const message = `OpenAI refused the session's configuration: ${error.message}`;
      return this.#lose(new RealtimeError("fatal", error.code, message));
    }
    if (error.kind !== "benign") return this.#lose(error);
    this.#listener?.onError(error, eventId);
  }

  /** Before a connection is made: why there is none. A close event follows. */
  readonly #onSocketError = (event: Event): void => {
    this.#connectFailure = messageFrom(event);
  };

  readonly #onClose = (event: CloseEvent): void => {
    if (this.#state === "closed") return;
    this.#lose(
      this.#state === "connecting"
        ? fromConnectFailure(this.#connectFailure)
        : fromClose(event.code, event.reason),
    );
  };

  /**
   * The runtime's WebSocket client has no pings; a `session.update` that changes nothing takes their place.
   */
  #watch(): Heartbeat {
    return new Heartbeat(this.#clock, {
      received: () => this.stats.received,
      ask: () => this.send({ type: "session.update", session: { type: "realtime" } }),
      onSilent: () => this.#fail("realtime_silent", "OpenAI no longer answers."),
    });
  }

  #within(ms: number, code: string, what: string): Timer {
    return within(this.#clock, ms, () => this.#fail(code, `${what} within ${ms} ms.`));
  }

  /** Loses the session for a reason that a new one may not meet. */
  #fail(code: string, message: string): void {
    this.#lose(new RealtimeError("retryable", code, message));
  }

  #lose(error: RealtimeError): void {
    if (this.#state === "closed") return;
    this.#release();
    this.#closeSocket();
    this.#handler.onLost(error);
  }

  /** Lets go of the socket's events and the timer, so that nothing reaches a call that is gone. */
  #release(): void {
    this.#state = "closed";
    this.#deadline.cancel();
    this.#heartbeat?.[Symbol.dispose]();
    this.#socket.removeEventListener("open", this.#onOpen);
    this.#socket.removeEventListener("message", this.#onMessage);
    this.#socket.removeEventListener("error", this.#onSocketError);
    this.#socket.removeEventListener("close", this.#onClose);
  }

  #closeSocket(): void {
    try {
      this.#socket.close(1000);
    } catch {
      // It never opened, or is closed already: there is nothing left to close.
    }
  }
}

/** Whether an event shows the model at work. The begin and the end of a response are handled elsewhere. */
function showsWork(type: string): boolean {
  return type.startsWith("response.") && type !== "response.created" && type !== "response.done";
}

/** Items and responses are told apart by their ids, so an empty one is none. */
function isName(id: unknown): id is string {
  return typeof id === "string" && id !== "";
}

function parseEvent(text: string): { type: string } | undefined {
  try {
    const event = JSON.parse(text);
    return typeof event?.type === "string" ? event : undefined;
  } catch {
    return undefined; // counted by the caller as malformed
  }
}

/**
 * A session that takes or gives other audio than it was asked for is noise on the line: says so. Undefined
 * when all is well, or the session says nothing of it.
 */
function otherFormat(session: unknown, { audio }: SessionRequest): string | undefined {
  const given = isObject(session) && isObject(session.audio) ? session.audio : {};
  for (const side of ["input", "output"] as const) {
    const asked = audio?.[side]?.format?.type;
    const half = given[side];
    const type = isObject(half) && isObject(half.format) ? half.format.type : undefined;
    if (asked === undefined || typeof type !== "string" || type === asked) continue;
    return `OpenAI's ${side} audio is ${type}, and ${asked} was asked for.`;
  }
}

/** `expires_at` is in Unix seconds, and typed only for some kinds of session. */
function readExpiry(session: unknown): number {
  const seconds = isObject(session) ? Number(session.expires_at) : NaN;
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : Infinity;
}

function messageFrom(event: Event): string {
  return event instanceof ErrorEvent ? event.message : "connection failed";
}
