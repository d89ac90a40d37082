import type { CallState } from "./call_snapshot.ts";

// The page in the browser is type-checked against this file, so its imports must not lead to anything that
// only Deno has.

/** Most entries of a talk that are shown: the latest. */
export const MAX_ENTRIES_SHOWN = 400;

/** Most answered turns whose figures are told at a time: the latest. */
export const MAX_TURNS_SHOWN = 20;

/** Something said or done in a call; which fields it has depends on its kind, as in a record's transcript. */
export interface TalkEntry {
  readonly kind: "user" | "assistant" | "tool" | "keys" | "interruption" | "note";
  /** Milliseconds since the call began. */
  readonly atMs: number;
  readonly text?: string;
  readonly cut?: boolean;
  /** How long the caller waited for an answer, from the end of a turn, in milliseconds. */
  readonly waitMs?: number;
  readonly name?: string;
  readonly arguments?: string;
  readonly output?: string;
  readonly outcome?: string;
  readonly durationMs?: number;
  readonly digits?: string;
  /** How much of the answer that was cut off the caller had heard, in milliseconds. */
  readonly heardMs?: number;
}

/** How long the caller waited for an answer, from the end of the turn, in milliseconds. */
export interface TurnWait {
  /** Until its first audio came from the model. */
  readonly receivedMs: number;
  /** Until it was handed to the carrier. */
  readonly sentMs: number;
  /** Until it began to play. */
  readonly playedMs: number;
}

/** Whose call it is, and what can be done to it. */
export interface CallAbout {
  readonly business: string;
  /** Of the caller, or of whom we called: as in a call's snapshot. */
  readonly number: string;
  readonly isOutbound: boolean;
  /** Names of the business's transfer targets. */
  readonly targets: readonly string[];
}

/** A live call with its talk, as operators see it. */
export interface CallTalk {
  readonly about: CallAbout;
  readonly state: CallState;
  readonly durationMs: number;
  /** OpenAI's charge so far, in USD; null where a price is unknown. */
  readonly costUsd: number | null;
  /** The latest {@link MAX_ENTRIES_SHOWN}. */
  readonly entries: readonly TalkEntry[];
  /** Entries before those. */
  readonly earlier: number;
  /** The latest answered turns. */
  readonly turns: readonly TurnWait[];
  /** All answered turns. */
  readonly turnCount: number;
}

/** What has changed of a talk since the message before: all entries from `from` on, and the turns since. */
export interface TalkChange extends Omit<CallTalk, "turnCount" | "about"> {
  /** In the first message, and in the first after the call was away: what came before does not count. */
  readonly about?: CallAbout;
  /** Entries up to here are as before. */
  readonly from: number;
}
