import { type WireCodec, wireCodec, type WireCodecType } from "./audio/wire_codec.ts";
import { WINDOW_MS } from "./voice_activity.ts";

/** Of one turn at most so much audio is kept; what comes after is counted and not kept. */
const MAX_TURN_AUDIO_S = 60;
const FIRST_KEPT_MS = 500;

/** Audio of a committed user item. */
export interface HeardAudio {
  /** The codec of `bytes`. */
  readonly format: WireCodecType;
  /** Wire bytes, at most {@link MAX_TURN_AUDIO_S} of them; empty for agents that do not keep audio. */
  readonly bytes: Uint8Array;
  /** Position in the session's input. */
  readonly startMs: number;
  /** Length of the turn, also of what was not kept. */
  readonly durationMs: number;
}

/**
 * The input audio buffer of a session. Positions are milliseconds of all audio that was ever written to it,
 * as in `audio_start_ms` and `audio_end_ms`.
 */
export class InputBuffer {
  readonly #keepsAudio: boolean;
  #format: WireCodec;
  #window: Uint8Array;
  #windowLength = 0;
  #endMs = 0;
  #startMs = 0;
  #kept = new Uint8Array(0);
  #keptLength = 0;

  constructor(type: WireCodecType, keepsAudio: boolean) {
    this.#format = wireCodec(type);
    this.#window = new Uint8Array(WINDOW_MS * this.#format.bytesPerMs);
    this.#keepsAudio = keepsAudio;
  }

  /** Audio written so far, up to the last whole window. */
  get endMs(): number {
    return this.#endMs;
  }

  /** Where the audio that is not committed yet begins. */
  get startMs(): number {
    return this.#startMs;
  }

  /** Audio that is not committed yet, with that of an unfinished window. */
  get bufferedMs(): number {
    return this.#endMs - this.#startMs + this.#windowLength / this.#format.bytesPerMs;
  }

  /** Switches codec. Audio that is not committed yet is dropped: it cannot be mixed with what follows. */
  setFormat(type: WireCodecType): void {
    if (type === this.#format.type) return;
    this.clear();
    this.#format = wireCodec(type);
    this.#window = new Uint8Array(WINDOW_MS * this.#format.bytesPerMs);
  }

  /**
   * Writes wire bytes in pieces of any size; each window that they complete goes to `onWindow` as samples.
   */
  append(bytes: Uint8Array, onWindow: (samples: Int16Array) => void): void {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + this.#window.length - this.#windowLength);
      this.#window.set(piece, this.#windowLength);
      this.#windowLength += piece.length;
      at += piece.length;
      if (this.#windowLength < this.#window.length) return;
      this.#keep(this.#window);
      this.#windowLength = 0;
      this.#endMs += WINDOW_MS;
      onWindow(this.#format.decode(this.#window));
    }
  }

  /** Forgets what lies more than `ms` before the end: silence that no turn will begin with. */
  keepLast(ms: number): void {
    const spareMs = this.#endMs - this.#startMs - ms;
    // shifting at every window would cost more than the audio is worth
    if (spareMs > FIRST_KEPT_MS) this.#dropUntil(this.#endMs - ms);
  }

  /** Takes the audio from `fromMs` to the end of what is there, and empties the buffer. */
  take(fromMs: number = this.#startMs): HeardAudio {
    const { bytesPerMs, bytesPerSample, type } = this.#format;
    // a commit by hand also takes what does not fill a window; half a sample is of no use to anyone
    const tail = this.#windowLength - this.#windowLength % bytesPerSample;
    this.#keep(this.#window.subarray(0, tail));
    this.#endMs += tail / bytesPerMs;
    this.#windowLength = 0;
    this.#dropUntil(fromMs);
    const durationMs = this.#endMs - this.#startMs;
    const heard = {
      format: type,
      bytes: this.#kept.slice(0, this.#keptLength),
      startMs: this.#startMs,
      durationMs,
    };
    this.clear();
    return heard;
  }

  /** Empties the buffer; positions go on. */
  clear(): void {
    this.#endMs += this.#windowLength / this.#format.bytesPerMs;
    this.#startMs = this.#endMs;
    this.#windowLength = 0;
    this.#kept = new Uint8Array(0);
    this.#keptLength = 0;
  }

  #keep(bytes: Uint8Array): void {
    const { bytesPerMs } = this.#format;
    const max = MAX_TURN_AUDIO_S * 1000 * bytesPerMs;
    const wanted = this.#keptLength + bytes.length;
    if (!this.#keepsAudio || wanted > max) return;
    if (wanted > this.#kept.length) {
      const grown = new Uint8Array(Math.max(2 * this.#kept.length, FIRST_KEPT_MS * bytesPerMs));
      grown.set(this.#kept.subarray(0, this.#keptLength));
      this.#kept = grown;
    }
    this.#kept.set(bytes, this.#keptLength);
    this.#keptLength = wanted;
  }

  #dropUntil(ms: number): void {
    const dropMs = Math.max(0, ms - this.#startMs);
    const { bytesPerMs, bytesPerSample } = this.#format;
    const exact = Math.floor(dropMs * bytesPerMs);
    const bytes = Math.min(this.#keptLength, exact - exact % bytesPerSample);
    this.#kept.copyWithin(0, bytes, this.#keptLength);
    this.#keptLength -= bytes;
    this.#startMs += dropMs;
  }
}
