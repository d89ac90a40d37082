/** Recordings that are kept, at most: 0.4 MB each, on average, fill the bytes. */
export const MAX_RECORDINGS = 10_000;
/** Bytes that they may have in all. */
export const MAX_RECORDINGS_BYTES = 4 * 2 ** 30;
/**
 * Largest recording, in bytes: three minutes as Twilio's WAV file have 2.9 MB, of two channels twice that.
 */
export const MAX_RECORDING_BYTES = 8 * 2 ** 20;

/** A recording's id at Twilio, which names it here, too. */
const RECORDING_SID = /\/(RE[0-9A-Za-z]{1,64})(?:\.[a-z0-9]+)?$/;

/** The id of a recording, by its URL at Twilio; undefined when that has none. */
export function recordingSid(recordingUrl: string): string | undefined {
  return RECORDING_SID.exec(recordingUrl)?.[1];
}

/**
 * Where the recordings of messages are kept, as WAV files: up to {@link MAX_RECORDINGS} and
 * {@link MAX_RECORDINGS_BYTES}. A full store refuses more, and deletes none before its time.
 */
export interface RecordingStore {
  /**
   * Keeps a recording, over the one of that id. It outlasts a power cut once the promise resolves.
   *
   * @param expiresAt when it is deleted: ISO 8601, in UTC
   * @returns false when there is no room
   * @throws what the disk or the database fails with
   */
  put(sid: string, bytes: Uint8Array<ArrayBuffer>, expiresAt: string): Promise<boolean>;

  /** The whole recording; undefined when there is none. @throws when it cannot be read */
  get(sid: string): Promise<Uint8Array<ArrayBuffer> | undefined>;

  /** Deletes those whose time has come. @returns how many there were */
  deleteExpired(nowMs: number): Promise<number>;
}
