// The kernel's arithmetic in plain TypeScript, one sample at a time: what the kernel must equal bit for bit.
// Slow.

import { MULAW_SILENCE, muLawDecodeSample, muLawEncodeSample } from "../../src/audio/mulaw.ts";
import { type Coefficients, designCoefficients } from "../../src/audio/kernel/filter_design.ts";
import { type KernelTier, TIERS } from "../../src/audio/kernel/filter_design.ts";

/** Both directions of one call. */
export class Oracle {
  readonly #taps: number;
  readonly #coefficients: Coefficients;
  readonly #upWindow: number[];
  #downWindow: number[] = [];
  /** Bytes of a sample, and samples of a triple, that are not complete yet. */
  #oddByte: number | undefined;
  #triple: number[] = [];
  #hasAudio = false;

  constructor(tier: KernelTier) {
    this.#taps = TIERS[tier].taps;
    this.#coefficients = designCoefficients(TIERS[tier]);
    this.#upWindow = new Array(this.#taps / 3).fill(muLawDecodeSample(MULAW_SILENCE));
    this.resetDown();
  }

  /** Mu-law to PCM16LE at 24 kHz. */
  up(muLaw: Uint8Array): Uint8Array {
    const output = new DataView(new ArrayBuffer(muLaw.length * 6));
    muLaw.forEach((code, i) => {
      this.#upWindow.shift();
      this.#upWindow.push(muLawDecodeSample(code) / 4);
      this.#branches().forEach((sample, phase) => output.setInt16(i * 6 + phase * 2, sample, true));
    });
    return new Uint8Array(output.buffer);
  }

  /** PCM16LE at 24 kHz, cut at any byte, to mu-law. */
  down(pcm: Uint8Array): Uint8Array {
    const output: number[] = [];
    for (const byte of pcm) {
      this.#hasAudio = true;
      if (this.#oddByte === undefined) {
        this.#oddByte = byte;
      } else {
        this.#push(((byte << 8 | this.#oddByte) << 16) >> 16, output);
        this.#oddByte = undefined;
      }
    }
    return Uint8Array.from(output);
  }

  /** Silence until the last sample has left the filter. */
  flushDown(): Uint8Array {
    const output: number[] = [];
    for (let i = 0; this.#hasAudio && i < this.#taps - 2; i++) this.#push(0, output);
    this.resetDown();
    return Uint8Array.from(output);
  }

  resetDown(): void {
    this.#downWindow = new Array(this.#taps).fill(0);
    this.#triple = [0];
    this.#oddByte = undefined;
    this.#hasAudio = false;
  }

  #branches(): number[] {
    const { up } = this.#coefficients;
    const length = this.#upWindow.length;
    const branch = (phase: number) => {
      const sum = this.#upWindow.reduce((sum, sample, k) => sum + sample * up[phase * length + k], 0);
      return Math.max(-32768, Math.min(32767, (sum + 4096) >> 13));
    };
    return [branch(0), branch(1), this.#upWindow[length / 2] * 4];
  }

  #push(sample: number, output: number[]): void {
    this.#triple.push(sample);
    if (this.#triple.length < 3) return;
    this.#downWindow = [...this.#downWindow.slice(3), ...this.#triple];
    this.#triple = [];
    // the accumulator has four lanes, each for two neighbouring taps out of eight
    const lanes = [0, 0, 0, 0];
    this.#downWindow.forEach((value, k) => lanes[(k >> 1) & 3] += value * this.#coefficients.down[k]);
    const sum = lanes.reduce((sum, lane) => sum + (lane >> 2), 0);
    output.push(muLawEncodeSample((sum + 8192) >> 14));
  }
}
