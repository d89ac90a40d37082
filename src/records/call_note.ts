import type { CallRecord, RecordMessage, RecordTreatment } from "./call_record.ts";

/**
 * Why a call without a stream has a record. What comes later in the list says more, and takes the place of
 * what comes before, in whatever order the two arrive.
 */
export const NOTE_REASONS = ["waiting", "not_answered", "abandoned", "refused", "message_left"] as const;
/** One of those reasons. */
export type NoteReason = typeof NOTE_REASONS[number];

/** A message that a caller has left, as Twilio tells of it. */
export interface NotedMessage extends Pick<RecordMessage, "at" | "durationMs" | "recordingUrl"> {
  /** Why there is no recording of it, and never will be. */
  readonly problem?: string;
}

/** What is known of a call that no stream tells of. */
export interface CallNote {
  readonly callSid: string;
  readonly business: string;
  readonly isOutbound: boolean;
  /** Empty when Twilio did not say. */
  readonly from: string;
  readonly to: string;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  readonly reason: NoteReason;
  readonly treatment?: RecordTreatment;
  readonly message?: NotedMessage;
  /** Whose recording the message is; empty when Twilio did not say. */
  readonly accountSid?: string;
}

/** The record of a call without a stream. It took none of the model's time, so its duration is 0. */
export function noteRecord(note: CallNote): CallRecord {
  const at = new Date(note.atMs).toISOString();
  return {
    version: 1,
    callSid: note.callSid,
    business: note.business,
    direction: note.isOutbound ? "outbound" : "inbound",
    from: note.from,
    to: note.to,
    startedAt: at,
    endedAt: at,
    durationMs: 0,
    streams: 0,
    reason: note.reason,
    isPartial: false,
    transcript: [],
    usage: { responses: 0, tokens: {}, transcription: {} },
    costUsd: 0,
    latency: null,
    audio: { uplinkMs: 0, uplinkDroppedMs: 0, uplinkMissingMs: 0, downlinkMs: 0, downlinkDroppedMs: 0 },
    peakMemoryBytes: 0,
    error: null,
    treatment: note.treatment ?? null,
    message: note.message ? messageOf(note.message) : null,
    expiresAt: null,
    earlier: [],
  };
}

function messageOf({ problem, ...message }: NotedMessage): RecordMessage {
  const recording = problem === undefined ? "linked" : "lost";
  return { ...message, recording, recordingProblem: problem ?? null, transcript: null };
}

/**
 * Whether a record tells of no stream. Checkpoints of earlier versions do not count the one that they are in.
 */
export function isNote({ streams, reason }: CallRecord): boolean {
  return streams === 0 && (NOTE_REASONS as readonly string[]).includes(reason);
}

/** One record of two that tell of no stream, the same in either order. */
export function mergeNotes(a: CallRecord, b: CallRecord): CallRecord {
  const more = rank(b) > rank(a) ? b : a;
  const other = more === a ? b : a;
  return {
    ...withTreatments(more, [a, b]),
    from: more.from || other.from,
    to: more.to || other.to,
    startedAt: a.startedAt < b.startedAt ? a.startedAt : b.startedAt,
    endedAt: a.endedAt > b.endedAt ? a.endedAt : b.endedAt,
    expiresAt: laterExpiry(a, b),
  };
}

/** A record with the last treatment and the last message of all `parts`. */
export function withTreatments(record: CallRecord, parts: readonly CallRecord[]): CallRecord {
  return {
    ...record,
    treatment: last(parts.map(({ treatment }) => treatment)),
    message: lastMessage(parts),
  };
}

function rank({ reason }: CallRecord): number {
  return NOTE_REASONS.indexOf(reason as NoteReason);
}

/** How far each state of a recording is from not being known. */
const RECORDING_STATES: readonly RecordMessage["recording"][] = ["pending", "linked", "lost", "kept"];

/** The message that was told of last, with all that is known of it, in whatever order that came. */
function lastMessage(parts: readonly CallRecord[]): RecordMessage | null {
  const messages = new Map<string, RecordMessage>();
  for (const { message } of parts) {
    if (!message) continue;
    const known = messages.get(message.recordingUrl);
    messages.set(message.recordingUrl, known ? mergeMessages(known, message) : message);
  }
  return last([...messages.values()]);
}

function mergeMessages(a: RecordMessage, b: RecordMessage): RecordMessage {
  const isFurther = RECORDING_STATES.indexOf(b.recording) > RECORDING_STATES.indexOf(a.recording);
  return {
    ...isFurther ? b : a,
    at: a.at < b.at ? a.at : b.at,
    durationMs: Math.max(a.durationMs, b.durationMs),
    transcript: a.transcript ?? b.transcript ?? null,
  };
}

/** Records of earlier versions have neither. */
function last<Part extends { readonly at: string }>(
  parts: readonly (Part | null | undefined)[],
): Part | null {
  let found: Part | null = null;
  for (const part of parts) if (part && (!found || part.at > found.at)) found = part;
  return found;
}

/** Kept for ever is later than any time. */
function laterExpiry(a: CallRecord, b: CallRecord): string | null {
  if (a.expiresAt === null || b.expiresAt === null) return null;
  return a.expiresAt > b.expiresAt ? a.expiresAt : b.expiresAt;
}
