/** The audio of a call, in milliseconds. */
export interface CallAudio {
  /** Caller audio handed to OpenAI, silence for lost frames included. */
  readonly uplinkMs: number;
  /** Caller audio dropped because OpenAI could not take it in time. */
  readonly uplinkDroppedMs: number;
  /** Silence put in for caller audio that never came. */
  readonly uplinkMissingMs: number;
  /** Model audio handed to Twilio. */
  readonly downlinkMs: number;
  /** Model audio dropped because the output buffer was full. */
  readonly downlinkDroppedMs: number;
}

export const NO_AUDIO: CallAudio = {
  uplinkMs: 0,
  uplinkDroppedMs: 0,
  uplinkMissingMs: 0,
  downlinkMs: 0,
  downlinkDroppedMs: 0,
};
