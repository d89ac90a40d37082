// libsamplerate's filters, for those who want them. `@alexanderolsen/libsamplerate-js` allocates 26 MB for
// each resampler and never frees it, so there is one for each direction, shared by all calls.

import { base64Length, decodeBase64 } from "./base64.ts";
import { payloadTooLong, slotClosed } from "./audio_errors.ts";
import { muLawDecodeSample, muLawEncodeSample } from "./mulaw.ts";
import { type StatelessResampler, StatelessStream } from "./stateless_stream.ts";
import {
  type AudioEngine,
  BLOCK_BYTES,
  INPUT_BYTES,
  type LibsamplerateName,
  type Transcoder,
} from "./transcoder.ts";

/** What is shared by all calls. */
interface Shared {
  readonly upward: StatelessResampler;
  readonly downward: StatelessResampler;
  /** Where a caller's payload is decoded to. */
  readonly input: Uint8Array;
  /**
   * Where a block of session audio is decoded to, two bytes from the start: an odd byte may come before it.
   */
  readonly block: Uint8Array;
}

const BLOCK_START = 2;
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
  return new LibsamplerateEngine(name, {
    upward: { resample: (samples) => up.simple(samples), inputUnit: 1, outputUnit: 3, reach },
    downward: { resample: (samples) => down.simple(samples), inputUnit: 3, outputUnit: 1, reach: 3 * reach },
    input: new Uint8Array(INPUT_BYTES),
    block: new Uint8Array(BLOCK_START + BLOCK_BYTES),
  });
}

class LibsamplerateEngine implements AudioEngine {
  readonly #shared: Shared;
  #openCount = 0;

  constructor(readonly name: LibsamplerateName, shared: Shared) {
    this.#shared = shared;
  }

  get openCount(): number {
    return this.#openCount;
  }

  open(): Transcoder {
    this.#openCount++;
    return new LibsamplerateTranscoder(this.#shared, () => this.#openCount--);
  }
}

class LibsamplerateTranscoder implements Transcoder {
  readonly format = "pcm24k";
  readonly #input: Uint8Array;
  readonly #block: Uint8Array;
  readonly #up: StatelessStream;
  readonly #down: StatelessStream;
  #oddByte: number | undefined;
  #release: (() => void) | undefined;

  constructor(shared: Shared, release: () => void) {
    this.#input = shared.input;
    this.#block = shared.block;
    this.#up = new StatelessStream(shared.upward);
    this.#down = new StatelessStream(shared.downward);
    this.#release = release;
  }

  get bytesHeld(): number {
    return this.#release === undefined ? 0 : this.#up.bytesHeld + this.#down.bytesHeld;
  }

  input(): Uint8Array {
    return this.#input;
  }

  up(muLaw: Uint8Array): Uint8Array {
    this.#check();
    if (muLaw.length > INPUT_BYTES) throw payloadTooLong(muLaw.length, INPUT_BYTES);
    const samples = Float32Array.from(muLaw, (code) => muLawDecodeSample(code) / FULL_SCALE);
    return toPcm16(this.#up.push(samples));
  }

  down(text: string, start: number, end: number, sink: (muLaw: Uint8Array) => void): number {
    this.#check();
    let bytes = 0;
    for (let position = start; position < end;) {
      const written = decodeBase64(text, position, end, this.#block.subarray(BLOCK_START));
      const muLaw = toMuLaw(this.#down.push(this.#samplesOfBlock(written)));
      if (muLaw.length > 0) sink(muLaw);
      bytes += written;
      position += base64Length(written);
    }
    return bytes;
  }

  flushDown(sink: (muLaw: Uint8Array) => void): void {
    this.#check();
    this.#oddByte = undefined;
    const muLaw = toMuLaw(this.#down.flush());
    if (muLaw.length > 0) sink(muLaw);
  }

  resetDown(): void {
    this.#check();
    this.#oddByte = undefined;
    this.#down.reset();
  }

  [Symbol.dispose](): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** Joins the odd byte of the last block to this one, and keeps this one's. */
  #samplesOfBlock(byteCount: number): Float32Array {
    let start = BLOCK_START;
    if (this.#oddByte !== undefined) this.#block[--start] = this.#oddByte;
    const end = BLOCK_START + byteCount;
    const count = (end - start) >> 1;
    this.#oddByte = (end - start) % 2 === 1 ? this.#block[end - 1] : undefined;
    const view = new DataView(this.#block.buffer, start);
    const samples = new Float32Array(count);
    for (let i = 0; i < count; i++) samples[i] = view.getInt16(2 * i, true) / FULL_SCALE;
    return samples;
  }

  #check(): void {
    if (this.#release === undefined) throw slotClosed();
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
