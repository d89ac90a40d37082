import { loadAudioEngine } from "./load_engine.ts";
import type { AudioEngine, AudioFormat, ResamplerName } from "./transcoder.ts";

/** The engines of this process: one for each format, loaded when the first call needs it and kept. */
export class AudioEngines {
  readonly #resampler: ResamplerName;
  /** At most one for each format. */
  readonly #engines = new Map<AudioFormat, Promise<AudioEngine>>();
  readonly #loaded: AudioEngine[] = [];

  /** @param resampler of every format that needs one */
  constructor(resampler: ResamplerName) {
    this.#resampler = resampler;
  }

  /** Transcoders open now. */
  get openCount(): number {
    return this.#loaded.reduce((sum, { openCount }) => sum + openCount, 0);
  }

  /** The engine of a format. One that failed to load is tried anew by the next call. */
  of(format: AudioFormat): Promise<AudioEngine> {
    let engine = this.#engines.get(format);
    if (engine === undefined) {
      engine = this.#load(format);
      this.#engines.set(format, engine);
    }
    return engine;
  }

  async #load(format: AudioFormat): Promise<AudioEngine> {
    try {
      const engine = await loadAudioEngine(format, this.#resampler);
      this.#loaded.push(engine);
      return engine;
    } catch (error) {
      this.#engines.delete(format);
      throw error;
    }
  }
}
