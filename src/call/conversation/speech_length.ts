import type { Business } from "../../businesses/business.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";

/**
 * How often the caller's level is looked at, while the caller speaks and it is open whether that is long
 * enough.
 */
const LOOK_EVERY_MS = 40;
/** What the way to OpenAI and back may add to the silence that voice detection waits for. */
const STOP_SLACK_MS = 100;
/** Silence that a semantic detection waits for at least; it tells neither that nor its padding. */
const SEMANTIC_SILENCE_MS = 1_000;

/** By what the length of the caller's speech is told. */
export interface SpeechMeasure {
  /** How long it must be. */
  readonly minMs: number;
  /** Silence after speech before voice detection says that it has stopped. */
  readonly silenceMs: number;
  /**
   * Sound before the speech that voice detection counts to it; undefined when its times are not to be
   * compared.
   */
  readonly paddingMs: number | undefined;
}

/** How the speech of a business's callers is measured. */
export function speechMeasure({ turns: { minInterruptionMs, detection } }: Business): SpeechMeasure {
  const minMs = minInterruptionMs;
  return detection.type === "semantic_vad"
    ? { minMs, silenceMs: SEMANTIC_SILENCE_MS, paddingMs: undefined }
    : { minMs, silenceMs: detection.silenceDurationMs, paddingMs: detection.prefixPaddingMs };
}

/**
 * Tells when the caller has spoken for long enough. `speech_stopped` comes only after voice detection's own
 * silence, so its time says nothing of the speech: this goes by how loud the caller is, by `audio_start_ms`
 * and `audio_end_ms` when they are there, and by a `speech_stopped` that stays away for longer than the
 * silence. Source: OpenAI Realtime reference, `input_audio_buffer.speech_started` and `speech_stopped`.
 */
export class SpeechLength implements Disposable {
  readonly #clock: Clock;
  readonly #measure: SpeechMeasure;
  readonly #level: () => "loud" | "quiet" | undefined;
  #audioStartMs: number | undefined;
  #startMs = 0;
  #loudMs = 0;
  #isSpeaking = false;
  #isLong = false;
  #look: Timer | undefined;
  #onLong: (() => void) | undefined;

  /** @param level how loud the caller is at this moment; undefined in between */
  constructor(clock: Clock, measure: SpeechMeasure, level: () => "loud" | "quiet" | undefined) {
    this.#clock = clock;
    this.#measure = measure;
    this.#level = level;
  }

  /** `speech_started`, with its time in the audio that the session was sent. */
  started(audioStartMs?: number): void {
    this.forget();
    this.#audioStartMs = typeof audioStartMs === "number" ? audioStartMs : undefined;
    this.#startMs = this.#loudMs = this.#clock.now();
    this.#isSpeaking = true;
    this.#isLong = this.#measure.minMs === 0;
    if (!this.#isLong) this.#watch();
  }

  /** Runs `onLong` when the speech is long enough, at once if it is; not at all when it ends before. */
  whenLong(onLong: () => void): void {
    if (!this.#isSpeaking) this.started();
    if (this.#isLong) onLong();
    else this.#onLong = onLong;
  }

  /** `speech_stopped`, with its time in the audio that the session was sent. */
  stopped(audioEndMs?: number): void {
    const isLong = this.#onLong !== undefined && this.#spokenMs(audioEndMs) >= this.#measure.minMs;
    const onLong = this.#onLong;
    this.forget();
    if (isLong) onLong?.();
  }

  /** Nobody is to be told any more. */
  forget(): void {
    this.#look?.cancel();
    this.#look = this.#onLong = undefined;
    this.#isSpeaking = false;
  }

  [Symbol.dispose](): void {
    this.forget();
  }

  #spokenMs(audioEndMs: number | undefined): number {
    const { silenceMs, paddingMs } = this.#measure;
    const startMs = this.#audioStartMs;
    if (
      startMs === undefined || typeof audioEndMs !== "number" || audioEndMs <= startMs ||
      paddingMs === undefined
    ) {
      return this.#loudMs - this.#startMs;
    }
    return audioEndMs - startMs - paddingMs - silenceMs;
  }

  #watch(): void {
    const { minMs, silenceMs } = this.#measure;
    const now = this.#clock.now();
    if (this.#level() === "loud") this.#loudMs = now;
    const lastsMs = now - this.#startMs;
    const isUnstopped = lastsMs >= minMs + silenceMs + STOP_SLACK_MS;
    if (this.#loudMs - this.#startMs >= minMs || isUnstopped) {
      this.#look = undefined;
      this.#isLong = true;
      const onLong = this.#onLong;
      this.#onLong = undefined;
      return onLong?.();
    }
    const nextMs = lastsMs < minMs ? Math.min(LOOK_EVERY_MS, minMs - lastsMs) : LOOK_EVERY_MS;
    this.#look = after(this.#clock, nextMs, () => this.#watch());
  }
}
