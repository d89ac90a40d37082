// G.711 A-law (PCMA), https://www.itu.int/rec/T-REC-G.711 Table 1, for sessions that ask for `audio/pcma`.

const EVEN_BITS = 0x55;
const DECODED = Int16Array.from({ length: 256 }, (_, code) => {
  const plain = code ^ EVEN_BITS;
  const segment = (plain >> 4) & 0x07;
  const step = ((plain & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 256) << (segment - 1);
  return plain & 0x80 ? magnitude : -magnitude;
});

/** Decodes A-law bytes into 16-bit linear samples, one for one. */
export function aLawDecode(codes: Uint8Array): Int16Array {
  return Int16Array.from(codes, (code) => DECODED[code]);
}

/** Encodes 16-bit linear samples into A-law bytes, one for one. */
export function aLawEncode(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, (sample) => {
    const magnitude = Math.min(sample < 0 ? ~sample : sample, 32767) >> 4;
    const segment = magnitude < 16 ? 0 : 28 - Math.clz32(magnitude);
    const mantissa = (segment < 2 ? magnitude : magnitude >> (segment - 1)) & 0x0f;
    return ((sample < 0 ? 0 : 0x80) | (segment << 4) | mantissa) ^ EVEN_BITS;
  });
}
