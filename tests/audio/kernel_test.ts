import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeBase64 } from "../../src/audio/base64.ts";
import { designCoefficients } from "../../src/audio/kernel/filter_design.ts";
import { Kernel } from "../../src/audio/kernel/kernel.ts";
import { type KernelTier, TIERS } from "../../src/audio/kernel/filter_design.ts";
import { MULAW_SILENCE } from "../../src/audio/mulaw.ts";
import { PolyphaseEngine } from "../../src/audio/polyphase_engine.ts";
import type { Transcoder } from "../../src/audio/transcoder.ts";
import { Oracle } from "../support/kernel_oracle.ts";

const TIER_NAMES = Object.keys(TIERS) as KernelTier[];

/** Bytes from silence to full scale, in runs, so that sums come to their extremes too. */
const audioBytes = (maxLength: number) =>
  fc.oneof(
    fc.uint8Array({ maxLength }),
    fc.array(fc.constantFrom(0x00, 0x7f, 0x80, 0xff), { maxLength }).map((values) => Uint8Array.from(values)),
    fc.tuple(fc.nat(255), fc.nat(maxLength)).map(([value, length]) => new Uint8Array(length).fill(value)),
  );

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("up" as const), bytes: audioBytes(400) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("down" as const), bytes: audioBytes(1_500) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("flush" as const, "reset" as const, "reopen" as const) }),
  },
);

function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

function down(transcoder: Transcoder, pcm: Uint8Array): number[] {
  const text = encodeBase64(pcm);
  const output: number[] = [];
  assert.equal(transcoder.down(text, 0, text.length, (muLaw) => output.push(...muLaw)), pcm.length);
  return output;
}

function flush(transcoder: Transcoder): number[] {
  const output: number[] = [];
  transcoder.flushDown((muLaw) => output.push(...muLaw));
  return output;
}

for (const tier of TIER_NAMES) {
  Deno.test(`the ${tier} kernel equals its oracle over any chunks, odd splits, flushes and reused slots`, () => {
    const engine = new PolyphaseEngine(tier);
    fc.assert(fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let transcoder = engine.open();
      let oracle = new Oracle(tier);
      for (const step of steps) {
        if (step.kind === "up") {
          assert.deepEqual(transcoder.up(step.bytes), oracle.up(step.bytes));
        } else if (step.kind === "down") {
          assert.deepEqual(Uint8Array.from(down(transcoder, step.bytes)), oracle.down(step.bytes));
        } else if (step.kind === "flush") {
          assert.deepEqual(Uint8Array.from(flush(transcoder)), oracle.flushDown());
        } else if (step.kind === "reset") {
          transcoder.resetDown();
          oracle.resetDown();
        } else {
          transcoder[Symbol.dispose]();
          transcoder = engine.open();
          oracle = new Oracle(tier);
        }
      }
      transcoder[Symbol.dispose]();
    }));
    assert.equal(engine.openCount, 0);
  });

  Deno.test(`the ${tier} kernel clips the loudest input that there is, and does not wrap around`, () => {
    const { up, down: downTaps } = designCoefficients(TIERS[tier]);
    for (
      const [loud, quiet, muLaw, pcm] of [[32_767, -32_768, 0x80, 32_767], [-32_768, 32_767, 0x00, -32_768]]
    ) {
      using transcoder = new PolyphaseEngine(tier).open();
      // each sample at full scale with the sign of its tap; one sample of silence comes first by itself
      const window = Int16Array.from(downTaps, (tap) => tap < 0 ? quiet : loud).subarray(1);
      assert.equal(down(transcoder, bytesOf(window)).at(-1), muLaw);
      const branch = Uint8Array.from(up.subarray(0, up.length / 2), (tap) => tap < 0 ? muLaw ^ 0x80 : muLaw);
      const output = transcoder.up(branch);
      assert.equal(new DataView(output.buffer, output.byteOffset).getInt16(output.length - 6, true), pcm);
    }
  });
}

Deno.test("600 calls interleave in one kernel, each as if it were alone", () => {
  const engine = new PolyphaseEngine("polyphase");
  const calls = Array.from(
    { length: 600 },
    () => ({ transcoder: engine.open(), oracle: new Oracle("polyphase") }),
  );
  assert.equal(engine.openCount, 600);
  for (let round = 0; round < 3; round++) {
    calls.forEach(({ transcoder, oracle }, i) => {
      const bytes = Uint8Array.from(
        { length: 20 + i % 17 },
        (_, j) => Math.imul(i + 1, j + round * 99 + 7) >> 3,
      );
      assert.deepEqual(transcoder.up(bytes), oracle.up(bytes), `call ${i} up`);
      assert.deepEqual(Uint8Array.from(down(transcoder, bytes)), oracle.down(bytes), `call ${i} down`);
    });
  }
  for (const { transcoder } of calls) transcoder[Symbol.dispose]();
  assert.equal(engine.openCount, 0);
});

Deno.test("Kernel reuses the memory of closed slots", () => {
  const kernel = new Kernel("polyphase");
  const openAndClose = () => {
    const handles = Array.from({ length: 600 }, () => kernel.open());
    assert.equal(new Set(handles).size, 600);
    for (const handle of handles) kernel.close(handle);
  };
  openAndClose();
  const memoryBytes = kernel.upInput.buffer.byteLength;
  for (let round = 0; round < 5; round++) openAndClose();
  assert.equal(kernel.upInput.buffer.byteLength, memoryBytes);
  assert.equal(kernel.openSlots, 0);
});

Deno.test("Kernel rebuilds its views when opening a slot grows its memory", () => {
  const kernel = new Kernel("polyphase");
  const first = kernel.open();
  const before = kernel.upInput;
  while (before.length > 0) kernel.open(); // until the old view is detached
  assert.ok(kernel.upInput.length >= 8_000);
  kernel.upInput.fill(0x80, 0, 160);
  const oracle = new Oracle("polyphase");
  assert.deepEqual(
    kernel.up(first, kernel.upInput.subarray(0, 160)),
    oracle.up(new Uint8Array(160).fill(0x80)),
  );
});

Deno.test("Kernel refuses a handle that was closed, also when its slot is in use again", () => {
  const kernel = new Kernel("polyphase");
  const stale = kernel.open();
  kernel.close(stale);
  const uses = [
    () => kernel.close(stale),
    () => kernel.up(stale, Uint8Array.of(MULAW_SILENCE)),
    () => kernel.down(stale, 6),
    () => kernel.flush(stale),
    () => kernel.reset(stale),
  ];
  for (const use of uses) assert.throws(use, { code: "audio_slot_closed" });
  const fresh = kernel.open();
  assert.notEqual(fresh, stale);
  for (const use of uses) assert.throws(use, { code: "audio_slot_closed" });
  assert.equal(kernel.openSlots, 1);
  kernel.close(fresh);
});

Deno.test("Kernel refuses handles that it never gave", () => {
  const kernel = new Kernel("polyphase");
  for (const handle of [0, 1, -1, 65_535, 2 ** 31 - 1]) {
    assert.throws(() => kernel.close(handle), { code: "audio_slot_closed" });
  }
});

Deno.test("Kernel refuses more than its inputs hold", () => {
  const kernel = new Kernel("polyphase");
  const handle = kernel.open();
  const tooMuch = new Uint8Array(kernel.upInput.length + 1);
  assert.throws(() => kernel.up(handle, tooMuch), { code: "audio_payload_too_long" });
  assert.throws(() => kernel.down(handle, kernel.downInput.length + 1), { code: "audio_payload_too_long" });
});

Deno.test("Kernel fills its inputs to the last byte", () => {
  const kernel = new Kernel("polyphase");
  const handle = kernel.open();
  const oracle = new Oracle("polyphase");
  const muLaw = kernel.upInput.map((_, i) => Math.imul(i, 73) >> 2);
  assert.deepEqual(kernel.up(handle, muLaw), oracle.up(muLaw));
  for (let block = 0; block < 2; block++) {
    const pcm = kernel.downInput.map((_, i) => Math.imul(i, 91) >> 2);
    kernel.downInput.set(pcm);
    assert.deepEqual(kernel.down(handle, pcm.length), oracle.down(pcm));
  }
});
