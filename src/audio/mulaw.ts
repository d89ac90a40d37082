// G.711 mu-law (PCMU) in plain TypeScript, for everything off the hot path; the kernel has its own.
// https://www.itu.int/rec/T-REC-G.711: Table 2 in units of 14 bits, here times 4 for 16-bit samples.

/** Bytes in a millisecond: 8,000 samples a second, one byte each. */
export const BYTES_PER_MS = 8;

/** The code of a zero sample: what silence is made of. */
export const MULAW_SILENCE = 0xff;

/** Added to a magnitude so that segment borders fall on powers of two. */
const BIAS = 132;
/** The largest magnitude that stays in the last segment once the bias is added. */
const CLIP = 32635;

/** Linear value of each of the 256 codes. */
const DECODED = Int16Array.from({ length: 256 }, (_, code) => {
  const plain = ~code & 0xff;
  const magnitude = ((((plain & 0x0f) << 3) + BIAS) << ((plain >> 4) & 0x07)) - BIAS;
  return plain & 0x80 ? -magnitude : magnitude;
});

/** Segment (0 to 7) of a biased magnitude, by its bits above the lowest seven. */
const SEGMENTS = Uint8Array.from({ length: 256 }, (_, high) => 31 - Math.clz32(high | 1));

/**
 * Mu-law code of a linear sample.
 *
 * Magnitudes above 32,635 give the largest code. The rule is the same for both signs: a magnitude on a
 * decision threshold takes the code above it.
 *
 * @param sample 16-bit linear PCM, -32768 to 32767
 */
export function muLawEncodeSample(sample: number): number {
  const biased = Math.min(Math.abs(sample), CLIP) + BIAS;
  const segment = SEGMENTS[biased >> 7];
  const mantissa = (biased >> (segment + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | mantissa) & 0xff;
}

/** Linear 16-bit sample that a mu-law code (0 to 255) stands for: -32124 to 32124. */
export function muLawDecodeSample(code: number): number {
  return DECODED[code];
}
