// What a call needs of audio/: one engine for the process, one transcoder per call. load_engine.ts finds the engine.

import type { KernelTier } from "./kernel/tiers.ts";

/** Formats that a Realtime session can speak: PCM16LE at 24 kHz, or mu-law at 8 kHz. */
export type AudioFormat = "pcm24k" | "pcmu";

/** Bytes of session audio in one millisecond. */
export const SESSION_BYTES_PER_MS: Readonly<Record<AudioFormat, number>> = { pcm24k: 48, pcmu: 8 };

/** Resamplers of `libsamplerate-js`, by libsamplerate's own names for their quality. */
export type LibsamplerateName =
  | "libsamplerate-best"
  | "libsamplerate-medium"
  | "libsamplerate-fastest"
  | "libsamplerate-linear";

/** Ways from 8 to 24 kHz and back. */
export type ResamplerName = KernelTier | LibsamplerateName;

/**
 * Both directions of one call. Views that it returns or hands out are valid until the next call of any
 * transcoder.
 */
export interface Transcoder extends Disposable {
  readonly format: AudioFormat;

  /** Bytes that this call holds in the engine, for the memory ledger. */
  readonly bytesHeld: number;

  /**
   * The place to decode a caller's payload into, which all calls share: {@link up} takes it from there without a copy.
   * Ask for it each time, since opening a call may replace it.
   */
  input(): Uint8Array;

  /**
   * Caller to session: mu-law to the session's format.
   *
   * @param muLaw at most as long as {@link input}; not copied if it is a view of its start
   * @throws {AppError} `audio_payload_too_long`
   */
  up(muLaw: Uint8Array): Uint8Array;

  /**
   * Session to caller: base64 of the session's audio, from `start` to `end` of `text`, to mu-law. May be cut
   * at any byte.
   *
   * @param sink takes the mu-law, in one or more views
   * @returns bytes of session audio decoded
   * @throws {AppError} `audio_bad_base64`, before any output or after some
   */
  down(text: string, start: number, end: number, sink: (muLaw: Uint8Array) => void): number;

  /** Gives the rest of an item's audio that the filter still holds; the downward filter is then as new. */
  flushDown(sink: (muLaw: Uint8Array) => void): void;

  /** Forgets the downward filter's state without output, as after an interruption. */
  resetDown(): void;

  /** Gives the call's state back; a second time does nothing. Any other use afterwards but of `input` is an error. */
  [Symbol.dispose](): void;
}

/** What all calls of the process share. */
export interface AudioEngine {
  readonly name: ResamplerName | "pcmu";
  /** Transcoders open now. */
  readonly openCount: number;

  /** A transcoder for a new call. */
  open(): Transcoder;
}
