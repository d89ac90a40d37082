// Changes between 8 and 24 kHz, three to one, with a filter that is computed once: a minute of audio takes some tens of
// milliseconds. Only the emulator uses it, and only where a clip is not in the session's format already.

const RATIO = 3;
/** Zero crossings of the sinc on each side, at 8 kHz. */
const LOBES = 16;
const HALF = LOBES * RATIO;
/** Pass band as a share of the 4 kHz that fit into 8 kHz. */
const CUTOFF = 0.94;

/** Low pass at 24 kHz, Blackman-windowed; its taps sum to 1. */
const TAPS = (() => {
  const taps = Float64Array.from({ length: 2 * HALF + 1 }, (_, i) => {
    const x = (i - HALF) / RATIO;
    const angle = Math.PI * x * CUTOFF;
    const sinc = x === 0 ? 1 : Math.sin(angle) / angle;
    const phase = Math.PI * (i - HALF) / (HALF + 1);
    return sinc * (0.42 + 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
})();

/** 24 kHz to 8 kHz. No delay: output sample `n` is at input sample `3 n`. */
export function downTo8k(samples: Int16Array): Int16Array {
  const out = new Int16Array(Math.ceil(samples.length / RATIO));
  for (let n = 0; n < out.length; n++) {
    const centre = n * RATIO;
    const from = Math.max(0, centre - HALF);
    const to = Math.min(samples.length - 1, centre + HALF);
    let sum = 0;
    for (let k = from; k <= to; k++) sum += samples[k] * TAPS[k - centre + HALF];
    out[n] = clip(sum);
  }
  return out;
}

/** 8 kHz to 24 kHz. No delay: input sample `n` is at output sample `3 n`. */
export function upTo24k(samples: Int16Array): Int16Array {
  const out = new Int16Array(samples.length * RATIO);
  for (let n = 0; n < out.length; n++) {
    const from = Math.max(0, Math.ceil((n - HALF) / RATIO));
    const to = Math.min(samples.length - 1, Math.floor((n + HALF) / RATIO));
    let sum = 0;
    for (let k = from; k <= to; k++) sum += samples[k] * TAPS[k * RATIO - n + HALF];
    out[n] = clip(RATIO * sum);
  }
  return out;
}

function clip(value: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(value)));
}
