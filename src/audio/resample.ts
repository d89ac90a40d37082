import { sinc } from "./kernel/filter_design.ts";

/** Zero crossings of the sinc on each side: stop band below -70 dB, which is under the floor of mu-law. */
const LOBES = 24;
/** The pass band ends at this share of the lower Nyquist frequency; the rest is the filter's transition. */
const CUTOFF = 0.92;

/** Weights are kept for the usual rates, which make no more phases: 11,025 to 8,000 Hz has 320. */
const MAX_KEPT_PHASES = 480;

/**
 * Changes the sample rate of a whole clip with a Blackman-windowed sinc evaluated at each output instant. Any
 * two rates will do. It is for clips read once, not for live calls, so it is written for clarity and not for
 * speed.
 */
export function resample(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return samples;
  const cutoff = CUTOFF * Math.min(1, toHz / fromHz);
  const reach = LOBES / cutoff;
  // Output instants lie in so many ways between the input's; each has its own weights.
  const phases = toHz / greatestDivisor(fromHz, toHz);
  const kept: (Weights | undefined)[] = [];
  const out = new Int16Array(Math.floor(samples.length * toHz / fromHz));
  for (let i = 0; i < out.length; i++) {
    const { first, values } = kept[i % phases] ?? weightsAt((i * fromHz % toHz) / toHz, cutoff, reach);
    if (phases <= MAX_KEPT_PHASES) kept[i % phases] ??= { first, values };
    const start = Math.floor(i * fromHz / toHz) + first;
    const end = Math.min(values.length, samples.length - start);
    let sum = 0;
    for (let k = Math.max(0, -start); k < end; k++) sum += samples[start + k] * values[k];
    out[i] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return out;
}

/** The filter at one instant: what the samples from `first` on count, seen from the sample before it. */
interface Weights {
  readonly first: number;
  readonly values: Float64Array;
}

/** @param phase where the instant is between two samples, from 0 to 1 */
function weightsAt(phase: number, cutoff: number, reach: number): Weights {
  const first = Math.ceil(phase - reach);
  const values = Float64Array.from({ length: Math.floor(phase + reach) - first + 1 }, (_, k) => {
    const x = first + k - phase;
    return cutoff * sinc(cutoff * x) * blackman(x / reach);
  });
  return { first, values };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** The Blackman window over -1…1. */
function blackman(x: number): number {
  return 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}
