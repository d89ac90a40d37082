// Streams over a stateless resampler. A resampler with state costs megabytes for each call. Run from its
// start on [history, chunk, lookahead] each time, one resampler serves all calls, and the middle of its
// output is bit for bit what a stream would have given.

/** One direction of one kind of resampler, shared by the streams of all calls. */
export interface StatelessResampler {
  /** Resamples values from -1 to 1. Every call starts afresh, as if silence came before and after. */
  readonly resample: (samples: Float32Array) => Float32Array;
  /** Samples out for `inputUnit` samples in. */
  readonly outputUnit: number;
  /**
   * The least number of samples in that gives a whole number of samples out: 1 going up by 3, 3 going down by
   * 3.
   */
  readonly inputUnit: number;
  /** Samples to either side that one output sample depends on; a multiple of `inputUnit`. */
  readonly reach: number;
}

/** One direction of one call. Holds back `reach` samples until those after them have come. */
export class StatelessStream {
  readonly #resampler: StatelessResampler;
  /** `reach` samples that have already been output, then those that wait. */
  #held: Float32Array;

  constructor(resampler: StatelessResampler) {
    this.#resampler = resampler;
    this.#held = new Float32Array(resampler.reach);
  }

  get bytesHeld(): number {
    return this.#held.byteLength;
  }

  /** Takes input samples; returns the output samples that no later input can change. */
  push(samples: Float32Array): Float32Array {
    const { reach, inputUnit } = this.#resampler;
    const joined = new Float32Array(this.#held.length + samples.length);
    joined.set(this.#held);
    joined.set(samples, this.#held.length);
    const settled = Math.max(0, joined.length - 2 * reach);
    const taken = settled - settled % inputUnit;
    this.#held = joined.slice(taken);
    return this.#middle(joined, taken);
  }

  /**
   * Ends the stream with silence; returns the output for everything that waited. The stream is then as new.
   */
  flush(): Float32Array {
    const { reach, inputUnit } = this.#resampler;
    const waiting = Math.ceil((this.#held.length - reach) / inputUnit) * inputUnit;
    const padded = new Float32Array(reach + waiting);
    padded.set(this.#held);
    this.reset();
    return this.#middle(padded, waiting);
  }

  /** Forgets everything. */
  reset(): void {
    this.#held = new Float32Array(this.#resampler.reach);
  }

  /** The output of the `count` samples after the history; `count` is a multiple of `inputUnit`. */
  #middle(samples: Float32Array, count: number): Float32Array {
    if (count === 0) return new Float32Array(0);
    const { resample, reach, inputUnit, outputUnit } = this.#resampler;
    const start = reach / inputUnit * outputUnit;
    return resample(samples).subarray(start, start + count / inputUnit * outputUnit);
  }
}
