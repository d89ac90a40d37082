import type { EmulatedClientEvent } from "./client_event_schema.ts";
import type { Trigger } from "./agent.ts";
import type { SocketEnd } from "./wire/server_socket.ts";

/** Client events kept of a session, appends aside; the oldest goes beyond it. */
export const MAX_RECORDED_EVENTS = 1000;
/** Responses, spoken items and errors kept of a session, each; the oldest goes beyond it. */
const MAX_RECORDED = 500;

/** All times are milliseconds of the emulator's clock. */
export interface ReceivedEvent {
  atMs: number;
  event: EmulatedClientEvent;
}

/** Audio of an assistant's item that was handed to the socket. */
export interface SentAudio {
  itemId: string;
  responseId: string;
  sentMs: number;
  deltas: number;
  firstAtMs: number;
  lastAtMs: number;
}

export interface ResponseRecord {
  id: string;
  /** Counts the session's responses from 1. */
  number: number;
  trigger: Trigger;
  isInConversation: boolean;
  status: "in_progress" | "completed" | "cancelled" | "failed" | "incomplete";
  /** Why it did not complete. */
  reason?: string;
  createdMs: number;
  doneMs?: number;
}

/** A user turn that the emulator committed. */
export interface TurnRecord {
  itemId: string;
  /** Positions in the session's input audio, in milliseconds. */
  startMs: number;
  endMs: number;
  committedAtMs: number;
}

export interface TruncationRecord {
  itemId: string;
  audioEndMs: number;
  atMs: number;
}

export interface ErrorRecord {
  code: string;
  message: string;
  atMs: number;
}

/** What a session was told and what it said, for assertions. It outlives the session. */
export class SessionRecord {
  /** Every client event but appends, refused ones included. */
  readonly events: ReceivedEvent[] = [];
  droppedEvents = 0;
  readonly appended = { count: 0, bytes: 0, ms: 0 };
  readonly audio = new Map<string, SentAudio>();
  readonly responses: ResponseRecord[] = [];
  readonly turns: TurnRecord[] = [];
  /** Truncations that were carried out. */
  readonly truncations: TruncationRecord[] = [];
  readonly errors: ErrorRecord[] = [];
  readonly openedMs: number;
  endedMs: number | undefined;
  end: SocketEnd | undefined;

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

  addEvent(event: EmulatedClientEvent, atMs: number): void {
    this.events.push({ event, atMs });
    if (this.events.length <= MAX_RECORDED_EVENTS) return;
    this.events.shift();
    this.droppedEvents++;
  }

  addAudio(responseId: string, itemId: string, ms: number, atMs: number): void {
    let sent = this.audio.get(itemId);
    if (!sent) {
      sent = { itemId, responseId, sentMs: 0, deltas: 0, firstAtMs: atMs, lastAtMs: atMs };
      this.audio.set(itemId, sent);
      if (this.audio.size > MAX_RECORDED) this.audio.delete(this.audio.keys().next().value!);
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
