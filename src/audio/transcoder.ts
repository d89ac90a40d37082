// What a call needs of audio/: one engine for the process, one transcoder per call. load_engine.ts loads the
// engine.

import type { KernelTier } from "./kernel/filter_design.ts";

/** Formats that a Realtime session can speak: PCM16LE at 24 kHz, or mu-law at 8 kHz. */
export type AudioFormat = "pcm24k" | "pcmu";

/** Bytes of session audio in one millisecond. */
export const SESSION_BYTES_PER_MS: Readonly<Record<AudioFormat, number>> = { pcm24k: 48, pcmu: 8 };

/**
 * Room for a caller's payload, in bytes: a little over a second of mu-law. A multiple of 3, so that whole
 * groups of base64 fill it; the kernel's own (kernel/assembly/layout.ts) is the same.
 */
export const INPUT_BYTES = 8_208;
/** Room for a block of session audio, in bytes: 256 ms of PCM16 at 24 kHz. Likewise. */
export const BLOCK_BYTES = 12_288;

/** Resamplers of `libsamplerate-js`, by libsamplerate's own names for their quality. */
export type LibsamplerateName =
  | "libsamplerate-best"
  | "libsamplerate-medium"
  | "libsamplerate-fastest"
  | "libsamplerate-linear";

/** Resamplers between 8 and 24 kHz. */
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
   * The buffer to decode a caller's payload into. All calls share it, and {@link up} takes the payload from
   * it without a copy. Ask for it each time, since opening a call may replace it.
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

  /** Gives out what the filter still holds of an item's audio, and renews the downward filter. */
  flushDown(sink: (muLaw: Uint8Array) => void): void;

  /** Forgets the downward filter's state without output, as after an interruption. */
  resetDown(): void;

  /**
   * Releases the call's state; a second time does nothing. Using anything but `input` afterwards throws
   * `audio_slot_closed`.
   */
  [Symbol.dispose](): void;
}

/** Makes transcoders; all calls of the process share it. */
export interface AudioEngine {
  readonly name: ResamplerName | "pcmu";
  /** Transcoders that are open. */
  readonly openCount: number;

  /** A transcoder for a new call. */
  open(): Transcoder;
}
