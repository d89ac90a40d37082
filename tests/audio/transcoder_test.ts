import assert from "node:assert/strict";
import { decodeBase64, encodeBase64 } from "../../src/audio/base64.ts";
import { MULAW_SILENCE } from "../../src/audio/mulaw.ts";
import { muLawDecode } from "../../src/audio/mulaw_buffers.ts";
import { loadAudioEngine } from "../../src/audio/load_engine.ts";
import type { ResamplerName, Transcoder } from "../../src/audio/transcoder.ts";

const RESAMPLERS: ResamplerName[] = [
  "polyphase-fast",
  "polyphase",
  "polyphase-best",
  "libsamplerate-fastest",
];

const ENGINES = [
  ...RESAMPLERS.map((resampler) => ["pcm24k", resampler] as const),
  ["pcmu", "polyphase"] as const,
];

/** A tone of 500 Hz at 24 kHz. */
function tonePcm(samples: number): Uint8Array {
  const pcm = Int16Array.from(
    { length: samples },
    (_, i) => 8_000 * Math.sin(2 * Math.PI * 500 * i / 24_000),
  );
  return new Uint8Array(pcm.buffer);
}

function down(transcoder: Transcoder, text: string): number[] {
  const output: number[] = [];
  transcoder.down(text, 0, text.length, (muLaw) => output.push(...muLaw));
  return output;
}

function flush(transcoder: Transcoder): number[] {
  const output: number[] = [];
  transcoder.flushDown((muLaw) => output.push(...muLaw));
  return output;
}

for (const [format, resampler] of ENGINES) {
  const engine = await loadAudioEngine(format, resampler);
  const name = engine.name;
  const bytesPerSample = format === "pcmu" ? 1 : 6;

  Deno.test(`${name}: a call holds its state from open to dispose, and a second dispose does nothing`, () => {
    const transcoder = engine.open();
    assert.equal(transcoder.format, format);
    assert.equal(engine.openCount, 1);
    assert.equal(transcoder.bytesHeld > 0, format === "pcm24k");
    transcoder[Symbol.dispose]();
    transcoder[Symbol.dispose]();
    assert.deepEqual([engine.openCount, transcoder.bytesHeld], [0, 0]);
  });

  Deno.test(`${name}: a disposed transcoder refuses to work`, () => {
    const transcoder = engine.open();
    transcoder[Symbol.dispose]();
    using _inItsPlace = engine.open();
    const uses = [
      () => transcoder.up(Uint8Array.of(MULAW_SILENCE)),
      () => down(transcoder, "AAAA"),
      () => flush(transcoder),
      () => transcoder.resetDown(),
    ];
    for (const use of uses) assert.throws(use, { code: "audio_slot_closed" });
  });

  Deno.test(`${name}: up() takes the caller's payload from its input area or from anywhere`, () => {
    using first = engine.open();
    using second = engine.open();
    const payload = Uint8Array.from({ length: 1_600 }, (_, i) => 0x80 | i);
    const text = `"payload":"${encodeBase64(payload)}"`;
    const scratch = first.input();
    assert.ok(scratch.length >= 8_000);
    const length = decodeBase64(text, 11, text.length - 1, scratch);
    const expected = first.up(scratch.subarray(0, length)).slice();
    assert.ok(expected.length > 1_400 * bytesPerSample);
    assert.deepEqual(second.up(payload), expected);
  });

  Deno.test(`${name}: down() gives the same audio however it is cut, and all of it with the flush`, () => {
    using transcoder = engine.open();
    const pcm = tonePcm(24_000);
    const whole = [...down(transcoder, encodeBase64(pcm)), ...flush(transcoder)];
    const pieces: number[] = [];
    for (let i = 0, size = 1; i < pcm.length; i += size, size = size * 7 % 3_001) {
      pieces.push(...down(transcoder, encodeBase64(pcm.subarray(i, i + size))));
    }
    pieces.push(...flush(transcoder));
    assert.deepEqual(pieces, whole);
    assert.ok(whole.length >= pcm.length / bytesPerSample);
    assert.ok(whole.length <= pcm.length / bytesPerSample + 50, "no more than the filter's tail is added");
  });

  Deno.test(`${name}: a text of seconds comes in several bounded views`, () => {
    using transcoder = engine.open();
    const text = encodeBase64(tonePcm(72_000));
    const lengths: number[] = [];
    const bytes = transcoder.down(text, 0, text.length, (muLaw) => lengths.push(muLaw.length));
    assert.equal(bytes, 144_000);
    assert.ok(lengths.length > 10 && Math.max(...lengths) <= 12_288);
  });

  Deno.test(`${name}: nothing of an item is left after its flush, or after a reset`, () => {
    using transcoder = engine.open();
    const text = encodeBase64(tonePcm(2_401));
    const first = [...down(transcoder, text), ...flush(transcoder)];
    assert.deepEqual([...down(transcoder, text), ...flush(transcoder)], first);
    down(transcoder, encodeBase64(tonePcm(100).subarray(0, 101)));
    transcoder.resetDown();
    assert.deepEqual([...down(transcoder, text), ...flush(transcoder)], first);
    assert.deepEqual(flush(transcoder), []);
  });

  Deno.test(`${name}: malformed base64 is an error that leaves the call usable`, () => {
    using transcoder = engine.open();
    for (const text of ["AAAA*AAA", "AAA", "AA==AAAA", "A".repeat(40_000) + "\n"]) {
      assert.throws(() => down(transcoder, text), { code: "audio_bad_base64" });
    }
    assert.throws(() => down(transcoder, "AA A"), (error: Error) => !error.message.includes("AA A"));
    transcoder.resetDown();
    assert.ok(down(transcoder, encodeBase64(tonePcm(2_400))).length > 0);
  });
}

for (const resampler of RESAMPLERS) {
  Deno.test(`${resampler}: up() refuses more than its input area holds`, async () => {
    const engine = await loadAudioEngine("pcm24k", resampler);
    using transcoder = engine.open();
    const tooLong = new Uint8Array(transcoder.input().length + 1);
    assert.throws(() => transcoder.up(tooLong), { code: "audio_payload_too_long" });
  });

  Deno.test(`${resampler}: silence stays silence both ways`, async () => {
    const engine = await loadAudioEngine("pcm24k", resampler);
    using transcoder = engine.open();
    assert.ok(transcoder.up(new Uint8Array(800).fill(MULAW_SILENCE)).every((byte) => byte === 0));
    const muLaw = Uint8Array.from(down(transcoder, encodeBase64(new Uint8Array(4_800))));
    assert.ok(muLawDecode(muLaw).every((sample) => sample === 0));
  });
}
