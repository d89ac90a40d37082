import type { MediaLegEnd, Problem } from "./media_leg.ts";
import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import type { Player } from "./player.ts";

/** Status of a call, in Twilio's words. */
export type CallStatus =
  | "queued"
  | "ringing"
  | "in-progress"
  | "completed"
  | "busy"
  | "failed"
  | "no-answer"
  | "canceled";

/** Something that happened in a call, in the order in which the caller's side saw it. */
export interface CallEvent {
  /** Milliseconds since the call was placed. */
  atMs: number;
  /** What happened. */
  event:
    | "placed"
    | "answered"
    | "stream_started"
    | "audio_started"
    | "cleared"
    | "pressed"
    | "stream_ended"
    | "said"
    | "played"
    | "dialled"
    | "recorded"
    | "gathering"
    | "gathered"
    | "queued"
    | "started"
    | "stopped"
    | "updated"
    | "hung_up"
    | "problem"
    | "ended";
  /** What was said, dialled, pressed, and so on. */
  detail?: string;
}

/** A number that the call was sent to. */
export interface Dialled {
  /** Who was called. */
  number: string;
  /** The number shown to them. */
  callerId?: string;
  /** What the called party heard before the two were joined. */
  whispered: string[];
  /** What became of it. */
  status: DialStatus;
}

/** `DialCallStatus` in Twilio's words. */
export type DialStatus = "completed" | "busy" | "no-answer" | "failed" | "canceled";

/** How a call went. Durations in milliseconds. */
export interface CallReport {
  /** Identifies the call. */
  callSid: string;
  /** The caller's number. */
  from: string;
  /** The number called. */
  to: string;
  /** In Twilio's words. */
  status: CallStatus;
  /**
   * `connected`: a stream was opened. `refused`: the TwiML had none, and the caller heard what is in `said`.
   * `failed`: neither, because something broke.
   */
  outcome: "connected" | "refused" | "failed";
  /** Who ended the call. */
  endedBy: "caller" | "server" | "network";
  /** Everything that broke a rule of Twilio's, was refused, or failed. Empty for a good call. */
  problems: Problem[];
  /** From the webhook's request to its answer; undefined when there was none. */
  webhookMs?: number;
  /** From `start` to the first audio. */
  firstAudioMs?: number;
  /** From placing it to its end. */
  durationMs: number;
  /** Caller audio that was sent. */
  sentMs: number;
  /** Audio that was truly played to the caller. */
  heardMs: number;
  /** Audio that was received in all. */
  receivedMs: number;
  /** Gaps inside answers. */
  underruns: number;
  /** The longest of them. */
  longestUnderrunMs: number;
  /** `clear` messages. */
  clears: number;
  /** `mark` messages. */
  marks: number;
  /** How each stream ended. */
  streams: MediaLegEnd[];
  /** Texts of `<Say>`. */
  said: string[];
  /** Numbers that `<Dial>` called. */
  dialled: Dialled[];
}

/** Close codes that end a stream in good order: normal, and none given. */
const GOOD_CLOSE_CODES = [1000, 1005];

/** The problem that a stream's end shows, if any. */
export function endProblem(end: MediaLegEnd): Problem | undefined {
  if (end.by === "network") return { code: 31903, message: "The connection broke without a close frame." };
  if (end.by === "caller" || GOOD_CLOSE_CODES.includes(end.code)) return undefined;
  const reason = end.reason && ` (${end.reason})`;
  return { code: 31921, message: `The server closed the stream with ${end.code}${reason}.` };
}

/** The part of a report that the player knows. */
export function playerReport(player: Player, nowMs: number) {
  const underruns = player.underruns();
  return {
    heardMs: player.playedBytes(nowMs) / BYTES_PER_MS,
    receivedMs: player.receivedBytes / BYTES_PER_MS,
    underruns: underruns.length,
    longestUnderrunMs: Math.max(0, ...underruns.map((run) => run.gapMs)),
    clears: player.clears.length,
    marks: player.marks.length,
  };
}
