// 24 kHz PCM16 to 8 kHz mu-law. Three samples in, a triple, give one out.
// Coefficients are Q16. A full-scale sum does not fit 32 bits, but a quarter of it in each lane of the SIMD
// accumulator does: each lane gives up its two lowest bits before the four are added.

import { DOWN_COEFFICIENTS, DOWN_INPUT, DOWN_OUTPUT } from "./layout";
import { encode4 } from "./mulaw";
import { downHistory, downHistoryBytes, hasAudio, pendingBytes, renewDown, setHasAudio, setPendingBytes, taps } from "./slots";
import { sums4 } from "./sum";

const TRIPLE_BYTES: usize = 6;
const LANE_SHIFT: i32 = 2;
const DOWN_SHIFT: i32 = 16 - LANE_SHIFT;

/**
 * Filters `byteCount` bytes at DOWN_INPUT for the call of `slot`; returns the number of mu-law bytes at
 * DOWN_OUTPUT.
 */
export function filterDown(slot: usize, byteCount: usize): usize {
  const history = downHistory(slot);
  memory.copy(DOWN_INPUT - downHistoryBytes, history, downHistoryBytes);
  const pending = <usize> pendingBytes(slot);
  const count = (pending + byteCount) / TRIPLE_BYTES;
  filter(DOWN_INPUT - pending, count);
  setPendingBytes(slot, <u32> (pending + byteCount - count * TRIPLE_BYTES));
  if (byteCount > 0) setHasAudio(slot, 1);
  memory.copy(history, DOWN_INPUT + byteCount - downHistoryBytes, downHistoryBytes);
  return count;
}

/**
 * Lets the filter of `slot` ring out over silence and makes it new; returns the number of mu-law bytes at
 * DOWN_OUTPUT.
 */
export function flushDown(slot: usize): usize {
  let count: usize = 0;
  if (hasAudio(slot)) {
    const pending = <usize> pendingBytes(slot);
    // a dangling odd byte comes to lie under the silence
    const odd = pending & 1;
    memory.copy(DOWN_INPUT + odd - downHistoryBytes, downHistory(slot), downHistoryBytes);
    // the last sample matters until it has passed all taps but the unused one
    count = (taps - 2 + (pending >> 1)) / 3;
    memory.fill(DOWN_INPUT, 0, (count + 4) * TRIPLE_BYTES);
    filter(DOWN_INPUT + odd - pending, count);
  }
  renewDown(slot);
  return count;
}

/** Filters `count` triples from `triple` on, whose history lies before it. */
function filter(triple: usize, count: usize): void {
  // a triple's own samples are the newest of its window
  let window = triple + TRIPLE_BYTES - taps * 2;
  for (let n: usize = 0; n < count; n += 4) {
    const codes = encode4(filter4(window));
    v128.store32_lane(
      DOWN_OUTPUT + n,
      v128.shuffle<i8>(codes, codes, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12),
      0,
    );
    window += 4 * TRIPLE_BYTES;
  }
}

/** Four samples of 8 kHz, linear. */
function filter4(window: usize): v128 {
  let a0 = i32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  const windowBytes = taps * 2;
  for (let i: usize = 0; i < windowBytes; i += 16) {
    const coefficients = v128.load(DOWN_COEFFICIENTS + i);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(v128.load(window + i), coefficients));
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(v128.load(window + i, 6), coefficients));
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(v128.load(window + i, 12), coefficients));
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(v128.load(window + i, 18), coefficients));
  }
  const sums = sums4(
    i32x4.shr_s(a0, LANE_SHIFT),
    i32x4.shr_s(a1, LANE_SHIFT),
    i32x4.shr_s(a2, LANE_SHIFT),
    i32x4.shr_s(a3, LANE_SHIFT),
  );
  return i32x4.shr_s(i32x4.add(sums, i32x4.splat(1 << (DOWN_SHIFT - 1))), DOWN_SHIFT);
}
