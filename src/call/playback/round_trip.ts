/** Samples kept. Old ones fall out, so that a way that became longer is noticed. */
const WINDOW = 8;

/**
 * The time from us to Twilio and back, from marks sent while nothing was buffered, which Twilio echoes at once.
 * The shortest of the last samples counts: whatever made another one longer was not the way itself.
 */
export class RoundTrip {
  readonly #samples: number[] = [];

  /** True once there is a sample. */
  get known(): boolean {
    return this.#samples.length > 0;
  }

  /** The round trip in milliseconds, 0 before the first sample. */
  get ms(): number {
    return this.#samples.length === 0 ? 0 : Math.min(...this.#samples);
  }

  add(sampleMs: number): void {
    this.#samples.push(sampleMs);
    if (this.#samples.length > WINDOW) this.#samples.shift();
  }
}
