// Mu-law is a small floating-point format: a sign, three bits of exponent and four of mantissa over a bias of
// 33 (in 14-bit units; 132 in 16-bit units). Converting between integer and f32 therefore does the segment
// search, four samples at a time and without tables.

/** Bits of an f32 below its top four mantissa bits. */
const F32_SHIFT: i32 = 19;

/** Four mu-law bytes, each in the low byte of a lane, to 14-bit linear (-8031 to 8031). */
export function decode4(codes: v128): v128 {
  const plain = v128.xor(codes, i32x4.splat(0xff));
  const float = i32x4.add(
    i32x4.shl(v128.and(plain, i32x4.splat(0x7f)), F32_SHIFT),
    // 2^5 for the first segment, and half a step, since a code stands for the middle of its interval
    i32x4.splat(((127 + 5) << 23) | (1 << (F32_SHIFT - 1))),
  );
  const magnitude = i32x4.sub(i32x4.trunc_sat_f32x4_s(float), i32x4.splat(33));
  const negative = i32x4.shr_s(i32x4.shl(plain, 24), 31);
  return i32x4.sub(v128.xor(magnitude, negative), negative);
}

/** Four linear samples of 16 bits or more, clipped, to mu-law bytes, each in the low byte of a lane. */
export function encode4(samples: v128): v128 {
  const magnitude = i32x4.add(
    i32x4.min_s(i32x4.abs(samples), i32x4.splat(32635)),
    i32x4.splat(132),
  );
  const float = f32x4.convert_i32x4_s(magnitude);
  const code = i32x4.sub(i32x4.shr_u(float, F32_SHIFT), i32x4.splat((127 + 7) << 4));
  const sign = v128.and(i32x4.shr_s(samples, 31), i32x4.splat(0x80));
  return v128.not(v128.or(code, sign));
}
