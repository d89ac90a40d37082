import type { TurnDetectionConfig } from "./session_config.ts";

/** Audio is judged in windows of this length. */
export const WINDOW_MS = 20;
/** So much loud audio in a row makes speech; less is a click. */
const ONSET_MS = 40;
/** Level in dB of full scale that threshold 0 stands for; 0.5 is then -40 dB, 1 is -20 dB. */
const QUIETEST_DB = -60;
const THRESHOLD_SPAN_DB = 40;
/** Speech goes on down to so much below the level at which it starts. */
const HYSTERESIS_DB = 4;
/** Semantic VAD listens to the words; here eagerness only sets how much silence ends a turn. */
const SEMANTIC_SILENCE_MS = { low: 2000, medium: 1000, auto: 1000, high: 500 } as const;
const SEMANTIC_PREFIX_MS = 300;
const SEMANTIC_THRESHOLD = 0.5;

/** How a session wants its turns detected, whichever kind it chose. */
export interface VoiceActivitySettings {
  threshold: number;
  prefixPaddingMs: number;
  silenceDurationMs: number;
}

export function voiceActivitySettings(config: TurnDetectionConfig): VoiceActivitySettings {
  if (config.type === "server_vad") {
    return {
      threshold: config.threshold,
      prefixPaddingMs: config.prefix_padding_ms,
      silenceDurationMs: config.silence_duration_ms,
    };
  }
  return {
    threshold: SEMANTIC_THRESHOLD,
    prefixPaddingMs: SEMANTIC_PREFIX_MS,
    silenceDurationMs: SEMANTIC_SILENCE_MS[config.eagerness],
  };
}

/** What a window of audio brought about. */
export type VoiceActivityChange =
  /** `onsetMs`: how long before the end of this window the speech began. */
  | { change: "started"; onsetMs: number }
  | { change: "stopped" };

/**
 * Detects speech by energy: a state machine over windows of {@link WINDOW_MS}, without audio or time of its
 * own.
 */
export class VoiceActivity {
  #isSpeaking = false;
  #loudMs = 0;
  #quietMs = 0;

  get isSpeaking(): boolean {
    return this.#isSpeaking;
  }

  /** @param levelDb the window's level in dB of full scale */
  push(levelDb: number, settings: VoiceActivitySettings): VoiceActivityChange | undefined {
    const startDb = QUIETEST_DB + settings.threshold * THRESHOLD_SPAN_DB;
    if (!this.#isSpeaking) {
      this.#loudMs = levelDb >= startDb ? this.#loudMs + WINDOW_MS : 0;
      if (this.#loudMs < ONSET_MS) return undefined;
      const onsetMs = this.#loudMs;
      this.#isSpeaking = true;
      this.#quietMs = 0;
      return { change: "started", onsetMs };
    }
    this.#quietMs = levelDb >= startDb - HYSTERESIS_DB ? 0 : this.#quietMs + WINDOW_MS;
    if (this.#quietMs === 0 || this.#quietMs < settings.silenceDurationMs) return undefined;
    this.reset();
    return { change: "stopped" };
  }

  /** Forgets speech under way, as after a commit by hand. */
  reset(): void {
    this.#isSpeaking = false;
    this.#loudMs = 0;
    this.#quietMs = 0;
  }
}

/** Root mean square of samples, in dB of full scale; -Infinity for digital silence. */
export function levelDb(samples: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  return 10 * Math.log10(sum / samples.length) - 20 * Math.log10(32768);
}
