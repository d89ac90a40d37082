// 8 kHz mu-law to 24 kHz PCM16. Each sample in gives three out, one from each branch of the polyphase filter.
// Coefficients are Q15 with gain 1 per branch; samples are 14-bit, so that all sums stay within 32 bits.

import { UP_COEFFICIENTS, UP_INPUT, UP_OUTPUT, UP_SAMPLES } from "./layout";
import { decode4 } from "./mulaw";
import { upHistory, upTaps } from "./slots";
import { sums4 } from "./sum";

/** Q15 times 14 bits to 16 bits. */
const UP_SHIFT: i32 = 13;

/** Filters `count` mu-law bytes at UP_INPUT for the call of `slot` into 6 * `count` bytes at UP_OUTPUT. */
export function filterUp(slot: usize, count: usize): void {
  const history = upHistory(slot);
  memory.copy(UP_INPUT - upTaps, history, upTaps);
  decode(UP_INPUT - upTaps, upTaps + count);
  memory.copy(history, UP_INPUT + count - upTaps, upTaps);

  // sample n has its newest tap at index upTaps + n of UP_SAMPLES, hence its oldest at n + 1
  let window = UP_SAMPLES + 2;
  let output = UP_OUTPUT;
  for (let n: usize = 0; n < count; n += 4) {
    filter4(window, output);
    window += 8;
    output += 24;
  }
}

/** Mu-law bytes at `from` to i16 at UP_SAMPLES, eight at a time. */
function decode(from: usize, count: usize): void {
  for (let i: usize = 0; i < count; i += 8) {
    const codes = i16x8.extend_low_i8x16_u(v128.load64_zero(from + i));
    const low = decode4(i32x4.extend_low_i16x8_u(codes));
    const high = decode4(i32x4.extend_high_i16x8_u(codes));
    v128.store(UP_SAMPLES + i * 2, i16x8.narrow_i32x4_s(low, high));
  }
}

/** Four samples in, twelve out. */
function filter4(window: usize, output: usize): void {
  let a0 = i32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  let b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  const branchBytes = upTaps * 2;
  for (let i: usize = 0; i < branchBytes; i += 16) {
    const coefficientsA = v128.load(UP_COEFFICIENTS + i);
    const coefficientsB = v128.load(UP_COEFFICIENTS + branchBytes + i);
    const x0 = v128.load(window + i);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x0, coefficientsA));
    b0 = i32x4.add(b0, i32x4.dot_i16x8_s(x0, coefficientsB));
    const x1 = v128.load(window + i, 2);
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x1, coefficientsA));
    b1 = i32x4.add(b1, i32x4.dot_i16x8_s(x1, coefficientsB));
    const x2 = v128.load(window + i, 4);
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(x2, coefficientsA));
    b2 = i32x4.add(b2, i32x4.dot_i16x8_s(x2, coefficientsB));
    const x3 = v128.load(window + i, 6);
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(x3, coefficientsA));
    b3 = i32x4.add(b3, i32x4.dot_i16x8_s(x3, coefficientsB));
  }
  const half = i32x4.splat(1 << (UP_SHIFT - 1));
  const a = i32x4.shr_s(i32x4.add(sums4(a0, a1, a2, a3), half), UP_SHIFT);
  const b = i32x4.shr_s(i32x4.add(sums4(b0, b1, b2, b3), half), UP_SHIFT);
  const ab = i16x8.narrow_i32x4_s(a, b);
  // branch 2 has one tap of 1 in the middle: the sample itself, delayed
  const c = i16x8.shl(v128.load64_zero(window + upTaps), 2);
  v128.store(output, v128.shuffle<i16>(ab, c, 0, 4, 8, 1, 5, 9, 2, 6));
  v128.store64_lane(output, v128.shuffle<i16>(ab, c, 10, 3, 7, 11, 10, 3, 7, 11), 0, 16);
}
