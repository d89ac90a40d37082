import { loadAudioEngine } from "../audio/load_engine.ts";
import type { AudioEngine, AudioFormat, ResamplerName } from "../audio/transcoder.ts";
import type { Lease, ServiceKind } from "./service_kind.ts";
import type { ServiceRegistry } from "./service_registry.ts";

/**
 * The audio engines of this process, one for each format, opened when the first call needs it. They stay open
 * from then on: libsamplerate never gives back its memory, and a second engine would take it again.
 */
export class AudioEngines {
  readonly #registry: ServiceRegistry;
  readonly #kinds: Readonly<Record<AudioFormat, ServiceKind<AudioEngine>>>;
  /** At most one for each format. */
  readonly #leases = new Map<AudioFormat, Lease<AudioEngine>>();

  /** @param resampler of every format that needs one */
  constructor(registry: ServiceRegistry, resampler: ResamplerName) {
    this.#registry = registry;
    this.#kinds = { pcm24k: audioKind("pcm24k", resampler), pcmu: audioKind("pcmu", resampler) };
  }

  /** Transcoders open now. */
  get openCount(): number {
    return this.#leases.values().reduce((sum, { service }) => sum + service.openCount, 0);
  }

  /**
   * The engine of a format.
   * @throws what loading it throws; the next call tries again
   */
  async of(format: AudioFormat): Promise<AudioEngine> {
    const held = this.#leases.get(format);
    if (held) return held.service;
    const lease = await this.#registry.acquire(this.#kinds[format]);
    if (this.#leases.has(format)) lease[Symbol.dispose](); // two calls waited for it; the first one holds it
    else this.#leases.set(format, lease);
    return lease.service;
  }
}

function audioKind(format: AudioFormat, resampler: ResamplerName): ServiceKind<AudioEngine> {
  return {
    name: `audio_${format === "pcmu" ? format : resampler}`,
    idleMs: Infinity,
    create: () => loadAudioEngine(format, resampler),
    measure: ({ openCount }) => ({ transcoders: openCount }),
  };
}
