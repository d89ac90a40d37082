import type { ClientEvent, ServerEvent } from "./events.ts";
import type { RealtimeError } from "./realtime_error.ts";

/*
 * What a call needs of a speech model: a session that takes the caller's audio and events, and tells audio
 * and events. The events are OpenAI's own (events.ts); what else a provider speaks is translated behind this.
 */

/** A session with a speech model: audio and events both ways. Never reconnects by itself. */
export interface ModelSession {
  readonly stats: Readonly<ModelSessionStats>;
  /** True from `onReady` until the end. */
  readonly isReady: boolean;
  /** Bytes handed to the socket that the network has not taken yet. */
  readonly backlogBytes: number;
  /** True while the socket holds so much that no more audio may go into it. */
  readonly isClogged: boolean;
  /** Sends caller audio: base64 in the session's input format. Ignored unless ready. */
  appendAudio(base64: string): void;
  /**
   * Sends any other event. Ignored unless ready. A session that does not take them is lost, soon but not
   * before this returns.
   */
  send(event: ClientEvent): void;
  /** From now on `listener` is told what the model says; what came before is dropped. */
  listen(listener: ModelListener): void;
  /**
   * Hands the session on to another handler, which is told of its state anew, soon but not before this
   * returns.
   */
  adopt(handler: ModelSessionHandler): void;
  /** Ends the session. Nobody is told anything any more. Does nothing when it is over already. */
  close(): void;
}

/** What becomes of a session, for whoever keeps it. */
export interface ModelSessionHandler {
  /**
   * The configuration is in force: audio may flow. Once. `expiresAtEpochMs` is when the provider will end the
   * session.
   */
  onReady(expiresAtEpochMs: number): void;
  /** The session is over and not by our own `close`. Exactly once, and the last call. */
  onLost(error: RealtimeError): void;
}

/**
 * What the model says in a session, for the conversation. If one of these throws, that event is over and
 * `onError` is told; if they throw again and again, the session is lost.
 */
export interface ModelListener {
  /** Audio to be played, in the session's output format: base64 in `text` from `start` to `end`. */
  onAudioDelta(text: string, start: number, end: number, itemId: string, responseId: string): void;
  /** Any other event that matters, in order of arrival. Errors are also classified, and told by `onError`. */
  onEvent(event: ServerEvent): void;
  /**
   * An error that left the session open. `eventId` is the client event that caused it, if the API reported
   * one.
   */
  onError(error: RealtimeError, eventId: string | undefined): void;
}

/** Counters of one session. */
export interface ModelSessionStats {
  received: number;
  /** Events of a type that this program does not know; they are ignored. */
  unknown: number;
  /**
   * Events other than audio that show the model at work on a response that it has begun, whether they are
   * used or not: its words, the arguments of a function call, its thoughts.
   */
  signsOfWork: number;
  /**
   * Messages that were not JSON objects with a type, and events that lack what is used of them; they are
   * ignored.
   */
  malformed: number;
}

/** Opens a session. `handler` is told nothing before this has returned. */
export type OpenSession = (handler: ModelSessionHandler) => ModelSession;

/** A function that the model may call, as a session is told of it. */
export interface FunctionTool {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: Record<string, unknown>;
}
