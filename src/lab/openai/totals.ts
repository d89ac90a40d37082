/** Error codes counted one by one; further ones are counted as `other`. */
const MAX_CODES = 100;

/** Counts over all sessions of an emulator. */
export interface EmulatedRealtimeApiStats {
  /** Upgrade requests that came. */
  attempts: number;
  /** Of them, those that were refused. */
  refused: number;
  /** Sessions opened in all. */
  sessionsOpened: number;
  /** Sessions open now. */
  sessionsOpen: number;
  /** Audio that clients appended, in milliseconds. */
  appendedMs: number;
  /** Audio handed to the sockets, in milliseconds. */
  deltaAudioMs: number;
  /** `response.created`. */
  responsesStarted: number;
  /**
   * `response.done` of any status; those started and not done are active, or were cut off with their session.
   */
  responsesDone: number;
  /** Of them, with status `cancelled`. */
  responsesCancelled: number;
  /** Of them, with status `failed`. */
  responsesFailed: number;
  /** Of them, with status `incomplete`. */
  responsesIncomplete: number;
  /** `error` events sent, by code. */
  errors: Record<string, number>;
}

export function emptyTotals(): EmulatedRealtimeApiStats {
  return {
    attempts: 0,
    refused: 0,
    sessionsOpened: 0,
    sessionsOpen: 0,
    appendedMs: 0,
    deltaAudioMs: 0,
    responsesStarted: 0,
    responsesDone: 0,
    responsesCancelled: 0,
    responsesFailed: 0,
    responsesIncomplete: 0,
    errors: {},
  };
}

/** Counts a response that came to its end. */
export function countDone(totals: EmulatedRealtimeApiStats, status: string): void {
  totals.responsesDone++;
  if (status === "cancelled") totals.responsesCancelled++;
  if (status === "failed") totals.responsesFailed++;
  if (status === "incomplete") totals.responsesIncomplete++;
}

export function countError(totals: EmulatedRealtimeApiStats, code: string): void {
  const { errors } = totals;
  const key = Object.hasOwn(errors, code) || Object.keys(errors).length < MAX_CODES ? code : "other";
  errors[key] = (errors[key] ?? 0) + 1;
}
