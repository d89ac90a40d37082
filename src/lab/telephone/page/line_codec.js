/** Samples a second of a telephone line. */
export const LINE_HZ = 8000;
/** The code of a zero sample. */
export const SILENT_CODE = 0xff;

/** Added to a magnitude so that segment borders fall on powers of two, and the largest magnitude (G.711). */
const MU_LAW_BIAS = 132;
const MU_LAW_CLIP = 32635;

/** What each mu-law code stands for, from -1 to 1. */
export const MU_LAW_VALUES = Float32Array.from({ length: 256 }, (_, code) => {
  const plain = ~code & 0xff;
  const magnitude = ((((plain & 0x0f) << 3) + MU_LAW_BIAS) << ((plain >> 4) & 7)) - MU_LAW_BIAS;
  return (plain & 0x80 ? -magnitude : magnitude) / 32768;
});

/**
 * The mu-law code of a sample from -1 to 1; louder ones are clipped.
 *
 * @param {number} value
 */
export function muLawCode(value) {
  const biased = Math.min(Math.round(Math.abs(value) * 32768), MU_LAW_CLIP) + MU_LAW_BIAS;
  const segment = 24 - Math.clz32(biased);
  return ~((value < 0 ? 0x80 : 0) | (segment << 4) | ((biased >> (segment + 3)) & 0x0f)) & 0xff;
}

/** Zero crossings of the filter on each side, at the lower of the two rates: 2 ms of a telephone line. */
const FILTER_LOBES = 16;
/** The pass band ends at this share of the lower Nyquist frequency. */
const FILTER_CUTOFF = 0.92;
/** Places between two samples at which the filter is known: all that 8, 16, 24 and 48 kHz have in common. */
const FILTER_PHASES = 240;
/** Samples that may wait to be read; a worklet takes and gives 128 at a time. */
const MAX_HELD_SAMPLES = 16_384;

/**
 * Changes the sample rate of a stream by a Blackman-windowed sinc, between any two rates. Allocates nothing once
 * it is made.
 */
export class RateChanger {
  #step;
  #reach;
  #filter;
  #held = new Float32Array(MAX_HELD_SAMPLES);
  #length;
  /** Where in `#held` the next output lies. */
  #position;

  /**
   * @param {number} fromHz
   * @param {number} toHz
   */
  constructor(fromHz, toHz) {
    this.#step = fromHz / toHz;
    const cutoff = FILTER_CUTOFF * Math.min(1, toHz / fromHz);
    this.#reach = Math.ceil(FILTER_LOBES / cutoff);
    this.#filter = sincTable(this.#reach, cutoff);
    // The stream is silent before it begins.
    this.#length = this.#reach;
    this.#position = this.#reach;
  }

  /**
   * Takes one more sample. Beyond what may wait, the oldest are lost.
   *
   * @param {number} sample
   */
  push(sample) {
    if (this.#length === MAX_HELD_SAMPLES) this.#drop();
    this.#held[this.#length++] = sample;
  }

  /** Whether the next sample can be read. */
  get isReady() {
    return Math.floor(this.#position) + this.#reach + 1 < this.#length;
  }

  /** The next sample at the new rate. To be read only when it is ready. */
  read() {
    let first = Math.floor(this.#position);
    let phase = Math.round((this.#position - first) * FILTER_PHASES);
    if (phase === FILTER_PHASES) {
      phase = 0;
      first++;
    }
    const taps = 2 * this.#reach + 1;
    const at = phase * taps;
    const start = first - this.#reach;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) sum += this.#filter[at + tap] * (this.#held[start + tap] ?? 0);
    this.#position += this.#step;
    return sum;
  }

  #drop() {
    const gone = Math.max(Math.floor(this.#position) - this.#reach - 1, MAX_HELD_SAMPLES >> 1);
    this.#held.copyWithin(0, gone, this.#length);
    this.#length -= gone;
    this.#position = Math.max(this.#position - gone, this.#reach);
  }
}

/**
 * The filter at each phase: `2 * reach + 1` weights from `reach` samples before to as many behind, of sum 1.
 *
 * @param {number} reach
 * @param {number} cutoff
 */
function sincTable(reach, cutoff) {
  const taps = 2 * reach + 1;
  const table = new Float32Array(FILTER_PHASES * taps);
  for (let phase = 0; phase < FILTER_PHASES; phase++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const x = tap - reach - phase / FILTER_PHASES;
      const window = Math.abs(x) > reach
        ? 0
        : 0.42 + 0.5 * Math.cos(Math.PI * x / reach) + 0.08 * Math.cos(2 * Math.PI * x / reach);
      const angle = Math.PI * cutoff * x;
      const weight = (angle === 0 ? 1 : Math.sin(angle) / angle) * window;
      table[phase * taps + tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < taps; tap++) table[phase * taps + tap] /= sum;
  }
  return table;
}
