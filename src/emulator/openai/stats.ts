/** Totals of an emulator since its start. */
export interface EmulatorStats {
  /** Sessions that got `session.created` or an error in its place. */
  opened: number;
  open: number;
  /** Upgrades that were answered with an HTTP status. */
  refused: number;
  /** Audio that clients appended, and that was sent to them in deltas, in milliseconds. */
  appendedMs: number;
  deltaAudioMs: number;
  responses: { started: number; completed: number; cancelled: number; failed: number; incomplete: number };
  /** `error` events by code. */
  errors: Record<string, number>;
}

export function emptyStats(): EmulatorStats {
  return {
    opened: 0,
    open: 0,
    refused: 0,
    appendedMs: 0,
    deltaAudioMs: 0,
    responses: { started: 0, completed: 0, cancelled: 0, failed: 0, incomplete: 0 },
    errors: {},
  };
}
