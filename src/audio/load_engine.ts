import type { AudioEngine, AudioFormat, ResamplerName } from "./transcoder.ts";

/**
 * Loads the engine for one format and resampler, and only its code. To be called once for each choice in a
 * process: every engine has memory of its own, and libsamplerate never releases its memory. The server's
 * calls get their engine from the services.
 *
 * @param resampler ignored when the format is `pcmu`
 */
export async function loadAudioEngine(format: AudioFormat, resampler: ResamplerName): Promise<AudioEngine> {
  if (format === "pcmu") {
    const { PcmuEngine } = await import("./pcmu_engine.ts");
    return new PcmuEngine();
  }
  switch (resampler) {
    case "polyphase":
    case "polyphase-fast":
    case "polyphase-best": {
      const { PolyphaseEngine } = await import("./polyphase_engine.ts");
      return new PolyphaseEngine(resampler);
    }
    default: {
      const { loadLibsamplerateEngine } = await import("./libsamplerate_engine.ts");
      return await loadLibsamplerateEngine(resampler);
    }
  }
}
