import assert from "node:assert/strict";
import libsamplerate from "@alexanderolsen/libsamplerate-js";
import { type StatelessResampler, StatelessStream } from "../../src/audio/stateless_stream.ts";

const { SRC_SINC_BEST_QUALITY, SRC_SINC_MEDIUM_QUALITY, SRC_SINC_FASTEST } = libsamplerate.ConverterType;

/**
 * By quality: samples of history and look-ahead at 8 kHz, of which there are three times as many at 24 kHz.
 */
const CASES = [
  ["best", SRC_SINC_BEST_QUALITY, 143],
  ["medium", SRC_SINC_MEDIUM_QUALITY, 46],
  ["fastest", SRC_SINC_FASTEST, 19],
] as const;

/** Noise in chunks of all lengths, the same every time. */
function chunks(): Float32Array[] {
  let state = 7;
  const next = () => (state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0) / 2 ** 31;
  return Array.from({ length: 40 }, () => {
    const length = 1 + Math.floor(Math.abs(next()) * 900);
    return Float32Array.from({ length }, () => next() * 0.9);
  });
}

for (const [quality, converterType, reach] of CASES) {
  for (const [way, from, to] of [["up", 8_000, 24_000], ["down", 24_000, 8_000]] as const) {
    Deno.test(`one shared libsamplerate-${quality} gives two calls ${way} what each one's own stream gives`, async () => {
      const shared = await libsamplerate.create(1, from, to, { converterType });
      const resampler: StatelessResampler = {
        resample: (samples) => shared.simple(samples),
        ...(way === "up"
          ? { inputUnit: 1, outputUnit: 3, reach }
          : { inputUnit: 3, outputUnit: 1, reach: 3 * reach }),
      };
      const calls = await Promise.all([1, -0.5].map(async (gain) => ({
        gain,
        own: await libsamplerate.create(1, from, to, { converterType }),
        stream: new StatelessStream(resampler),
        expected: [] as number[],
        actual: [] as number[],
      })));
      for (const chunk of chunks()) {
        for (const { gain, own, stream, expected, actual } of calls) {
          const samples = chunk.map((sample) => sample * gain);
          expected.push(...own.full(samples));
          actual.push(...stream.push(samples));
        }
      }
      for (const { stream, expected, actual } of calls) {
        const length = Math.min(expected.length, actual.length);
        assert.ok(length > 5_000);
        assert.ok(Math.abs(expected.length - actual.length) < 6, "neither lags behind the other");
        assert.deepEqual(actual.slice(0, length), expected.slice(0, length));
        const total = chunks().reduce((sum, chunk) => sum + chunk.length, 0);
        assert.equal(actual.length + stream.flush().length, Math.ceil(total / from * to));
      }
    });
  }
}
