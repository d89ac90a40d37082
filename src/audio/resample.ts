/** Zero crossings of the sinc on each side: stop band below -70 dB, which is under the floor of mu-law. */
const LOBES = 24;
/** The pass band ends at this share of the lower Nyquist frequency; the rest is the filter's transition. */
const CUTOFF = 0.92;

/**
 * Changes the sample rate of a whole clip with a Blackman-windowed sinc evaluated at each output instant. Any
 * two rates will do. It is for clips read once, not for live calls, so it is written for clarity and not for
 * speed.
 */
export function resample(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return samples;
  const step = fromHz / toHz;
  const cutoff = CUTOFF * Math.min(1, toHz / fromHz);
  const reach = LOBES / cutoff;
  const out = new Int16Array(Math.floor(samples.length / step));
  for (let i = 0; i < out.length; i++) {
    const centre = i * step;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let k = first; k <= last; k++) {
      const x = k - centre;
      sum += samples[k] * cutoff * sinc(cutoff * x) * blackman(x / reach);
    }
    out[i] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return out;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = Math.PI * x;
  return Math.sin(angle) / angle;
}

/** The Blackman window over -1…1. */
function blackman(x: number): number {
  return 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}
