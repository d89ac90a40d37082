import assert from "node:assert/strict";
import { MULAW_SILENCE, muLawDecodeSample, muLawEncodeSample } from "../../src/audio/mulaw.ts";
import { muLawDecode, muLawEncode } from "../../src/audio/mulaw_buffers.ts";

// G.711, Tables 2a and 2b: 8 segments of 16 intervals. Those of the first segment are 2 wide, but the very
// first is 1, and each further segment's are twice as wide as the last one's. Units are 14 bits: a 16-bit
// sample is 4 times as much.

/** Decision values x0 to x128: interval n goes from x(n) up to x(n + 1). */
const DECISION_VALUES = [0, 1];
for (let n = 2; n <= 128; n++) {
  const segment = (n - 1) >> 4;
  DECISION_VALUES.push(DECISION_VALUES[n - 1] + 2 ** (segment + 1));
}

/** Value that interval n is decoded to: its middle, but 0 for the first. */
const QUANTIZED_VALUES = Array.from(
  { length: 128 },
  (_, n) => n === 0 ? 0 : (DECISION_VALUES[n] + DECISION_VALUES[n + 1]) / 2,
);

/** Character signal of interval n: a sign bit, 1 for positive, and n inverted. */
const codeOf = (n: number, isNegative: boolean) => (isNegative ? 0x00 : 0x80) | (127 - n);

Deno.test("the test's own table has the values that G.711 prints", () => {
  assert.deepEqual(DECISION_VALUES.slice(0, 4), [0, 1, 3, 5]);
  const segmentEnds = [1, 2, 3, 4, 5, 6, 7, 8].map((segment) => DECISION_VALUES[16 * segment]);
  assert.deepEqual(segmentEnds, [31, 95, 223, 479, 991, 2015, 4063, 8159]);
  assert.deepEqual([1, 16, 127].map((n) => QUANTIZED_VALUES[n]), [2, 33, 8031]);
});

Deno.test("muLawDecodeSample() gives G.711's value for all 256 codes", () => {
  for (let n = 0; n < 128; n++) {
    assert.equal(muLawDecodeSample(codeOf(n, false)), 4 * QUANTIZED_VALUES[n], `interval ${n}`);
    // no negative zero, which a 16-bit sample cannot hold
    assert.equal(muLawDecodeSample(codeOf(n, true)), 0 - 4 * QUANTIZED_VALUES[n], `interval -${n}`);
  }
});

Deno.test("muLawEncodeSample() gives G.711's code for all 65,536 samples", () => {
  for (let sample = -32768; sample <= 32767; sample++) {
    const magnitude = Math.abs(sample);
    let n = 0;
    while (n < 127 && magnitude >= 4 * DECISION_VALUES[n + 1]) n++;
    assert.equal(muLawEncodeSample(sample), codeOf(n, sample < 0), `sample ${sample}`);
  }
});

Deno.test("muLawEncode() and muLawDecode() work on whole buffers", () => {
  const samples = Int16Array.of(0, -1, 4, 32767, -32768);
  const codes = Uint8Array.of(MULAW_SILENCE, 0x7f, 0xfe, 0x80, 0x00);
  assert.deepEqual(muLawEncode(samples), codes);
  assert.deepEqual(muLawDecode(codes), Int16Array.of(0, 0, 8, 32124, -32124));
});
