import assert from "node:assert/strict";
import { resample } from "../../src/audio/resample.ts";
import { decodeWav, encodeStereoWav, encodeWav, readLineWav, WavError } from "../../src/audio/wav.ts";

const ascii = (text: string) => [...text].map((char) => char.charCodeAt(0));

/** A WAV file of one format chunk and one data chunk. */
function wav(format: number, channels: number, rateHz: number, bits: number, data: number[]): Uint8Array {
  const le16 = (n: number) => [n & 255, n >> 8];
  const le32 = (n: number) => [...le16(n & 0xffff), ...le16(n >>> 16)];
  const block = channels * bits / 8;
  const fmt = [
    ...le16(format),
    ...le16(channels),
    ...le32(rateHz),
    ...le32(rateHz * block),
    ...le16(block),
    ...le16(bits),
  ];
  const body = [...ascii("WAVEfmt "), ...le32(16), ...fmt, ...ascii("data"), ...le32(data.length), ...data];
  return Uint8Array.from([...ascii("RIFF"), ...le32(body.length), ...body]);
}

Deno.test("encodeStereoWav() keeps both sides apart, as long as the longer one", () => {
  const bytes = encodeStereoWav(Int16Array.of(100, 200), Int16Array.of(-100, 0, 600));
  const view = new DataView(bytes.buffer);
  assert.deepEqual([view.getUint16(22, true), view.getUint32(28, true), view.getUint16(32, true)], [
    2,
    32_000,
    4,
  ]);
  assert.deepEqual([...new Int16Array(bytes.buffer, 44)], [100, -100, 200, 0, 0, 600]);
  assert.deepEqual([...decodeWav(bytes).samples], [0, 100, 300]);
});

Deno.test("encodeWav() writes PCM16 that decodeWav() reads back", () => {
  const samples = Int16Array.of(0, 1, -1, 32767, -32768);
  const bytes = encodeWav(samples);
  assert.deepEqual([...bytes], [...wav(1, 1, 8000, 16, [0, 0, 1, 0, 255, 255, 255, 127, 0, 128])]);
  assert.deepEqual(decodeWav(bytes), { sampleRateHz: 8000, samples });
});

Deno.test("decodeWav() mixes stereo to mono and decodes mu-law", () => {
  assert.deepEqual([...decodeWav(wav(1, 2, 8000, 16, [100, 0, 200, 0])).samples], [150]);
  assert.deepEqual([...decodeWav(wav(7, 1, 8000, 8, [0xff, 0x80, 0x00])).samples], [0, 32124, -32124]);
});

Deno.test("decodeWav() skips other chunks and reads a data chunk of unknown length", () => {
  const bytes = wav(1, 1, 8000, 16, [5, 0]);
  const odd = [...ascii("LIST"), 1, 0, 0, 0, 9, 0];
  assert.deepEqual([
    ...decodeWav(Uint8Array.from([...bytes.subarray(0, 12), ...odd, ...bytes.subarray(12)])).samples,
  ], [5]);
  const piped = bytes.slice();
  piped.fill(255, 40, 44);
  assert.deepEqual([...decodeWav(piped).samples], [5]);
});

Deno.test("decodeWav() refuses bad files", () => {
  const bad: [string, Uint8Array][] = [
    ["empty", new Uint8Array()],
    ["text", Uint8Array.from(ascii("hello, this is not a sound file"))],
    ["no data", wav(1, 1, 8000, 16, []).subarray(0, 36)],
    ["24 bits", wav(1, 1, 8000, 24, [])],
    ["A-law", wav(6, 1, 8000, 8, [])],
    ["six channels", wav(1, 6, 8000, 16, [])],
    ["no rate", wav(1, 1, 0, 16, [])],
  ];
  for (const [what, bytes] of bad) assert.throws(() => decodeWav(bytes), WavError, what);
});

Deno.test("readLineWav() reads the speech fixtures and says which file is missing", async () => {
  const samples = await readLineWav("tests/fixtures/booking.wav");
  assert.ok(samples.length > 24_000 && samples.length < 40_000);
  await assert.rejects(readLineWav("tests/fixtures/none.wav"), /tests\/fixtures\/none\.wav/);
});

Deno.test("resample() keeps a tone's length and level, and drops what 8 kHz cannot carry", () => {
  const tone = (hz: number, rateHz: number) =>
    Int16Array.from(
      { length: rateHz },
      (_, i) => Math.round(10_000 * Math.sin(2 * Math.PI * hz * i / rateHz)),
    );
  const rms = (samples: Int16Array) => Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
  for (const rateHz of [11_025, 16_000, 22_050, 44_100, 48_000]) {
    const kept = resample(tone(1000, rateHz), rateHz, 8000);
    assert.equal(kept.length, 8000);
    assert.ok(Math.abs(rms(kept.subarray(200, 7800)) - 10_000 / Math.SQRT2) < 20, `${rateHz}`);
    assert.ok(rms(resample(tone(4900, rateHz), rateHz, 8000).subarray(200, 7800)) < 10, `${rateHz}`);
  }
});
