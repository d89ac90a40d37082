import { AppError } from "../../util/errors.ts";

/** Where recordings come from. */
export interface RecordingSource {
  /**
   * A whole recording, as a WAV file of at most `MAX_RECORDING_BYTES`.
   *
   * @param signal ends it
   * @throws {RecordingError}
   */
  fetch(place: RecordingPlace, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * Deletes a recording there. One that is gone already is no failure.
   *
   * @param signal ends it
   * @throws when it may still be there
   */
  remove(place: RecordingPlace, signal: AbortSignal): Promise<void>;
}

/** Which recording of whose. */
export interface RecordingPlace {
  readonly accountSid: string;
  readonly sid: string;
}

/** Why a recording was not fetched. */
export type RecordingErrorCode =
  /** It is not there: not yet, or not any more. */
  | "recording_not_there"
  /** The credentials are not taken. */
  | "recording_refused"
  /** The server failed, was not reached, or sent something else, or not all of it. */
  | "recording_failed"
  /** It is larger than any may be. */
  | "recording_too_large";

/** A recording was not fetched. */
export class RecordingError extends AppError {
  override readonly name = "RecordingError";

  constructor(override readonly code: RecordingErrorCode, message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}
