import type { ToolOutcome } from "../tools/tool.ts";

/** Stands for what the transcription could not make out. */
export const INAUDIBLE = "(inaudible)";

/** Something said or done in a call. `atMs`: when it began, in milliseconds since the transcript did. */
export type TranscriptEntry = UserTurn | AssistantTurn | ToolUse | PressedKeys | Interruption | Note;

/** Something that one of the two said. */
export type Turn = UserTurn | AssistantTurn;

/** The caller said something. */
export interface UserTurn {
  readonly kind: "user";
  readonly atMs: number;
  /** {@link INAUDIBLE} when the transcription failed; empty when there is none, or none yet. */
  readonly text: string;
}

/** The model said something. */
export interface AssistantTurn {
  readonly kind: "assistant";
  /**
   * When its first audio came from the model. The caller hears it later when another answer is still playing.
   */
  readonly atMs: number;
  /** As far as it was heard. */
  readonly text: string;
  /** True when the caller did not hear all of it. */
  readonly cut: boolean;
  /** How long the caller waited, from the end of a turn until it was heard; not of what answers none. */
  readonly waitMs?: number;
}

/** The model called a tool. */
export interface ToolUse {
  readonly kind: "tool";
  readonly atMs: number;
  readonly durationMs: number;
  readonly name: string;
  /** JSON text as the model wrote it; only the beginning when it is long. */
  readonly arguments: string;
  /** JSON text that the model got; only the beginning when it is long. */
  readonly output: string;
  /** `begun`: it was at work when this was written down. What became of it is not known. */
  readonly outcome: ToolOutcome | "begun";
}

/** Keys that the caller pressed one after another. */
export interface PressedKeys {
  readonly kind: "keys";
  readonly atMs: number;
  readonly digits: string;
}

/** The caller silenced the model. */
export interface Interruption {
  readonly kind: "interruption";
  readonly atMs: number;
  /** How much of the answer that was cut off the caller had heard, in milliseconds. */
  readonly heardMs: number;
}

/** Something worth knowing that nobody said: reconnected, transferred, entries dropped. */
export interface Note {
  readonly kind: "note";
  readonly atMs: number;
  readonly text: string;
}
