import type { EmulatedClientEvent } from "./client_event_schema.ts";
import type { Trigger } from "./agent.ts";
import type { SocketEnd } from "./wire/server_socket.ts";

/** Client events kept of a session, appends aside; the oldest goes beyond it. */
export const MAX_RECORDED_EVENTS = 1000;
/** Responses, spoken items and errors kept of a session, each; the oldest goes beyond it. */
const MAX_RECORDED = 500;

/** A client event. All times are milliseconds of the emulator's clock. */
export interface ReceivedEvent {
  /** When it came. */
  atMs: number;
  /** The event; large ones by their type alone. */
  event: EmulatedClientEvent;
}

/** Audio of an assistant's item that was handed to the socket. */
export interface SentAudio {
  /** The item. */
  itemId: string;
  /** Its response. */
  responseId: string;
  /** How much audio. */
  sentMs: number;
  /** In how many events. */
  deltas: number;
  /** When the first was sent. */
  firstAtMs: number;
  /** When the last was sent. */
  lastAtMs: number;
}

/** A response, and how it ended. */
export interface ResponseRecord {
  /** Its identifier on the wire. */
  id: string;
  /** Counts the session's responses from 1. */
  number: number;
  /** What it answers. */
  trigger: Trigger;
  /** False for `conversation:"none"`. */
  isInConversation: boolean;
  /** How far it came. */
  status: "in_progress" | "completed" | "cancelled" | "failed" | "incomplete";
  /** Why it did not complete. */
  reason?: string;
  /** When `response.created` was sent. */
  createdMs: number;
  /** When `response.done` was sent. */
  doneMs?: number;
}

/** A user turn that the emulator committed. */
export interface TurnRecord {
  /** The user's item. */
  itemId: string;
  /** Where it begins in the session's input audio, in milliseconds. */
  startMs: number;
  /** Where it ends there. */
  endMs: number;
  /** When it was committed. */
  committedAtMs: number;
}

/** A `conversation.item.truncate` that was carried out. */
export interface TruncationRecord {
  /** The assistant's item. */
  itemId: string;
  /** How much of its audio is left. */
  audioEndMs: number;
  /** When it came. */
  atMs: number;
}

/** An `error` event that was sent. */
export interface ErrorRecord {
  /** The API's code. */
  code: string;
  /** The API's words. */
  message: string;
  /** When it was sent. */
  atMs: number;
}

/** What a session was told and what it said, for assertions. It outlives the session. */
export class SessionRecord {
  /** Every client event but appends, refused ones included. */
  readonly events: ReceivedEvent[] = [];
  /** Events that are no longer kept. */
  droppedEvents = 0;
  /** Audio that the client appended. */
  readonly appended: { count: number; bytes: number; ms: number } = { count: 0, bytes: 0, ms: 0 };
  /** Audio sent, by item. */
  readonly audio: Map<string, SentAudio> = new Map();
  /** Responses, oldest first. */
  readonly responses: ResponseRecord[] = [];
  /** The user's turns, oldest first. */
  readonly turns: TurnRecord[] = [];
  /** Truncations that were carried out. */
  readonly truncations: TruncationRecord[] = [];
  /** Errors sent, oldest first. */
  readonly errors: ErrorRecord[] = [];
  /** When the session was opened. */
  readonly openedMs: number;
  /** When its connection was gone; undefined while it is there. */
  endedMs: number | undefined;
  /** How its connection ended; undefined while it is there. */
  end: SocketEnd | undefined;

  /** @internal */
  constructor(nowMs: number) {
    this.openedMs = nowMs;
  }

  /** The events of a type, oldest first. */
  eventsOf(type: string): EmulatedClientEvent[] {
    return this.events.filter(({ event }) => event.type === type).map(({ event }) => event);
  }

  /** Audio sent in the whole session, in milliseconds. */
  get sentMs(): number {
    let sum = 0;
    for (const { sentMs } of this.audio.values()) sum += sentMs;
    return sum;
  }

  /** @internal */
  addEvent(event: EmulatedClientEvent, atMs: number): void {
    this.events.push({ event, atMs });
    if (this.events.length <= MAX_RECORDED_EVENTS) return;
    this.events.shift();
    this.droppedEvents++;
  }

  /** @internal */
  addAudio(responseId: string, itemId: string, ms: number, atMs: number): void {
    let sent = this.audio.get(itemId);
    if (!sent) {
      sent = { itemId, responseId, sentMs: 0, deltas: 0, firstAtMs: atMs, lastAtMs: atMs };
      this.audio.set(itemId, sent);
      const [oldest] = this.audio.keys();
      if (this.audio.size > MAX_RECORDED) this.audio.delete(oldest);
    }
    sent.sentMs += ms;
    sent.deltas++;
    sent.lastAtMs = atMs;
  }
}

/** Adds to one of a record's lists, within its bound. */
export function addBounded<Type>(list: Type[], entry: Type): Type {
  list.push(entry);
  if (list.length > MAX_RECORDED) list.shift();
  return entry;
}
