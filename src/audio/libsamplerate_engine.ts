// libsamplerate's filters, for those who want them. `@alexanderolsen/libsamplerate-js` allocates 26 MB for
// each resampler and never frees it, so there is one for each direction, shared by all calls.

import { BufferedEngine, type Conversion } from "./buffered_engine.ts";
import { muLawDecodeSample, muLawEncodeSample } from "./mulaw.ts";
import { type StatelessResampler, StatelessStream } from "./stateless_stream.ts";
import type { AudioEngine, LibsamplerateName } from "./transcoder.ts";

const FULL_SCALE = 32_768;

/**
 * Samples of 8 kHz to either side that one sample out depends on. With these, streams by one shared resampler
 * equal streams by their own to the bit (for `linear` to within the rounding of its own running phase).
 */
const REACH: Record<LibsamplerateName, number> = {
  "libsamplerate-best": 143,
  "libsamplerate-medium": 46,
  "libsamplerate-fastest": 19,
  "libsamplerate-linear": 1,
};

/**
 * Loads the library, 22 MB and more, and makes its two resamplers. Once for the process, since they cannot be
 * freed.
 */
export async function loadLibsamplerateEngine(name: LibsamplerateName): Promise<AudioEngine> {
  // a CommonJS module: its members are found on the default import only
  const { default: library } = await import("@alexanderolsen/libsamplerate-js");
  const converterType = {
    "libsamplerate-best": library.ConverterType.SRC_SINC_BEST_QUALITY,
    "libsamplerate-medium": library.ConverterType.SRC_SINC_MEDIUM_QUALITY,
    "libsamplerate-fastest": library.ConverterType.SRC_SINC_FASTEST,
    "libsamplerate-linear": library.ConverterType.SRC_LINEAR,
  }[name];
  const up = await library.create(1, 8_000, 24_000, { converterType });
  const down = await library.create(1, 24_000, 8_000, { converterType });
  const reach = REACH[name];
  const upward = { resample: up.simple.bind(up), inputUnit: 1, outputUnit: 3, reach };
  const downward = { resample: down.simple.bind(down), inputUnit: 3, outputUnit: 1, reach: 3 * reach };
  return new BufferedEngine(name, () => new LibsamplerateConversion(upward, downward));
}

class LibsamplerateConversion implements Conversion {
  readonly format = "pcm24k";
  readonly #up: StatelessStream;
  readonly #down: StatelessStream;
  /** The last byte of the session's audio, as long as the other half of its sample has not come. */
  #odd = new Uint8Array(0);

  constructor(upward: StatelessResampler, downward: StatelessResampler) {
    this.#up = new StatelessStream(upward);
    this.#down = new StatelessStream(downward);
  }

  get bytesHeld(): number {
    return this.#up.bytesHeld + this.#down.bytesHeld;
  }

  up(muLaw: Uint8Array): Uint8Array {
    return toPcm16(this.#up.push(Float32Array.from(muLaw, (code) => muLawDecodeSample(code) / FULL_SCALE)));
  }

  down(block: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(this.#odd.length + block.length);
    bytes.set(this.#odd);
    bytes.set(block, this.#odd.length);
    const pcm = new Int16Array(bytes.buffer, 0, bytes.length >> 1);
    this.#odd = bytes.slice(pcm.byteLength);
    return toMuLaw(this.#down.push(Float32Array.from(pcm, (sample) => sample / FULL_SCALE)));
  }

  flushDown(): Uint8Array {
    this.#odd = new Uint8Array(0);
    return toMuLaw(this.#down.flush());
  }

  resetDown(): void {
    this.#odd = new Uint8Array(0);
    this.#down.reset();
  }
}

/** PCM16LE of samples from -1 to 1, clipped. */
function toPcm16(samples: Float32Array): Uint8Array {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) pcm[i] = toInt16(samples[i]);
  return new Uint8Array(pcm.buffer);
}

function toMuLaw(samples: Float32Array): Uint8Array {
  const muLaw = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) muLaw[i] = muLawEncodeSample(toInt16(samples[i]));
  return muLaw;
}

function toInt16(sample: number): number {
  return Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE)));
}
