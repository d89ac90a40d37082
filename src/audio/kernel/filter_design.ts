// Windowed-sinc low-pass prototypes at 24 kHz and their quantization to the kernel's integers.

/** Length of the kernel's filters: the choice between delay, CPU and quality. */
export type KernelTier = "polyphase-fast" | "polyphase" | "polyphase-best";

/** How the filters of one tier are designed. */
export interface TierDesign {
  /** Taps of the filter at 24 kHz, a multiple of 48. The last is zero, so that the rest has a middle. */
  readonly taps: number;
  /** Shape of the Kaiser window going up: larger trades a wider transition for a deeper stop band. */
  readonly upBeta: number;
  /** Half-amplitude frequency going down, in Hz. At 4,000 the filter is a third-band (Nyquist) filter. */
  readonly downCutoffHz: number;
  /** Shape of the Kaiser window going down. */
  readonly downBeta: number;
}

/** The tiers, from 1 ms to 3 ms of delay each way. `deno task bench` shows what each one gives. */
export const TIERS: Readonly<Record<KernelTier, TierDesign>> = {
  "polyphase-fast": { taps: 48, upBeta: 4.5, downCutoffHz: 4000, downBeta: 4.5 },
  "polyphase": { taps: 96, upBeta: 7.3, downCutoffHz: 4000, downBeta: 7.3 },
  // long enough to stop everything that would alias, not only what would alias below 3.4 kHz
  "polyphase-best": { taps: 144, upBeta: 8.5, downCutoffHz: 3680, downBeta: 6 },
};

/** Quantized coefficients of one tier, as the kernel reads them: the newest sample's tap last. */
export interface Coefficients {
  /** Q15, branch 0 and then branch 1 of the interpolator, taps / 3 each. Branch 2 is a pure delay. */
  readonly up: Int16Array;
  /** Q16, all taps of the decimator. */
  readonly down: Int16Array;
}

const SAMPLE_RATE_HZ = 24_000;
/** An interpolator by three that stops at half of 8 kHz: a third-band filter, hence the pure delay. */
const UP_CUTOFF_HZ = 4_000;
const Q15 = 2 ** 15;
const Q16 = 2 ** 16;

/** Designs both filters of a tier. */
export function designCoefficients(design: TierDesign): Coefficients {
  const { taps } = design;
  const up = lowPass(taps, UP_CUTOFF_HZ, design.upBeta);
  const branch = (phase: number) => Array.from({ length: taps / 3 }, (_, k) => up[3 * k + phase]);
  return {
    up: Int16Array.from([0, 1].flatMap((phase) => [...quantize(branch(phase), Q15)].reverse())),
    down: quantize(lowPass(taps, design.downCutoffHz, design.downBeta), Q16).reverse(),
  };
}

/** Sinc under a Kaiser window, symmetric around tap `taps / 2 - 1`; the last tap is zero. */
function lowPass(taps: number, cutoffHz: number, beta: number): number[] {
  const middle = taps / 2 - 1;
  return Array.from({ length: taps }, (_, i) => {
    const offset = i - middle;
    if (offset > middle) return 0;
    const window = besselI0(beta * Math.sqrt(1 - (offset / (middle + 1)) ** 2)) / besselI0(beta);
    return sinc(2 * cutoffHz / SAMPLE_RATE_HZ * offset) * window;
  });
}

/**
 * Rounds to integers whose sum is exactly `unity`: the gain at 0 Hz is then 1, and equal in all branches.
 * What rounding leaves over goes to those taps, by one each, that rounding moved furthest the other way.
 */
function quantize(coefficients: number[], unity: number): Int16Array {
  const scale = unity / coefficients.reduce((sum, value) => sum + value, 0);
  const exact = coefficients.map((value) => value * scale);
  const rounded = Int16Array.from(exact, Math.round);
  const missing = unity - rounded.reduce((sum, value) => sum + value, 0);
  const step = Math.sign(missing);
  const byShortfall = exact.map((value, tap) => ({ tap, shortfall: (value - rounded[tap]) * step }))
    .sort((a, b) => b.shortfall - a.shortfall || a.tap - b.tap);
  for (const { tap } of byShortfall.slice(0, Math.abs(missing))) rounded[tap] += step;
  return rounded;
}

/** Normalised: zero at every integer but 0. */
export function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind and order zero, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * Number.EPSILON; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
