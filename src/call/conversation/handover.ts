import type { RealtimeError } from "../../model/realtime_error.ts";
import { LINES } from "./instructions.ts";
import type { ResponseRequest } from "./response_sequencer.ts";

/**
 * Losses that are found out only seconds later, by what the session does not do any more (`RealtimeError`).
 */
const FOUND_OUT_LATE = ["realtime_silent", "realtime_stalled", "realtime_backlog"];

/** True when the session had heard nothing for some time before its loss was found out. */
export function wasFoundOutLate({ code }: RealtimeError): boolean {
  return FOUND_OUT_LATE.includes(code);
}

/** What was going on when a session was lost. */
export interface LostSession {
  /** The response that was being generated, if any. */
  responseId: string | undefined;
  /** What that response was asked for by; undefined for an answer to the caller's turn. */
  request: ResponseRequest | undefined;
  /** The response whose audio came last. */
  heardResponseId: string;
  /** Function calls that have no output yet. */
  runningTools: number;
  isCallerSpeaking: boolean;
  /** The model owed an answer, and nothing else was asked of it. */
  isAnswerOwed: boolean;
  /** What the caller said in the turn that ended last, as far as it was transcribed. */
  lastWords: string;
  /**
   * The session heard nothing of late, and nothing was asked of it. Whether the caller spoke is not known.
   */
  isUnheard: boolean;
}

/**
 * What a lost session still owes: what the next one has to say so that the caller notices as little as
 * possible of the change. Undefined when nothing is owed.
 */
export function requestAfterLoss(lost: LostSession): ResponseRequest | undefined {
  const { responseId, request } = lost;
  if (request?.purpose === "goodbye") return request;
  if (lost.runningTools > 0) return undefined; // what the tool gives will be told
  if (responseId !== undefined && responseId === lost.heardResponseId) {
    return { purpose: "handover", instructions: LINES.handover, onDone: request?.onDone };
  }
  const repeat: ResponseRequest = { purpose: "handover", instructions: LINES.repeat };
  if (lost.isCallerSpeaking) return repeat;
  if (request) return request; // nobody has heard any of it
  if (responseId === undefined && !lost.isAnswerOwed) {
    return lost.isUnheard ? { purpose: "handover", instructions: LINES.unheard } : undefined;
  }
  return lost.lastWords ? { purpose: "continue" } : repeat;
}

/**
 * Sessions that may stall without one between them that took a whole turn of the caller; then the line to
 * OpenAI is no good, and neither is a new one.
 */
export const MAX_STALLED_SESSIONS = 3;

/** Counts sessions that stalled one after another. */
export class StalledSessions {
  #inARow = 0;

  /** Another one takes no audio any more. Returns true when these are {@link MAX_STALLED_SESSIONS}. */
  add(): boolean {
    return ++this.#inARow >= MAX_STALLED_SESSIONS;
  }

  /** A session took a whole turn of the caller. */
  served(): void {
    this.#inARow = 0;
  }
}
