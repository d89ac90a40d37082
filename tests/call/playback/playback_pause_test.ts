import assert from "node:assert/strict";
import fc from "fast-check";
import { BYTES_PER_MS } from "../../../src/audio/mulaw.ts";
import { PlaybackRig } from "../../support/playback_rig.ts";

const SECOND = 1000 * BYTES_PER_MS;

Deno.test("Playback.resume() plays on from the very byte at which it was paused, however far the caller is", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 75, 150),
      fc.constantFrom(1_000, 10_000),
      fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 9_000 }),
      fc.integer({ min: 0, max: 2_000 }),
      (delayMs, leadMs, lengthsMs, pauseAtMs, pauseMs) => {
        const rig = new PlaybackRig({ delayMs, leadMs, isPausable: true });
        for (const [index, ms] of lengthsMs.entries()) {
          rig.write(`item_${index}`, ms * BYTES_PER_MS);
          rig.end(`item_${index}`);
        }
        rig.clock.advance(pauseAtMs);
        rig.playback.pause();
        rig.clock.advance(pauseMs);
        rig.playback.resume();
        rig.playOut();
        assert.ok(
          Math.abs(rig.line.heard.length - rig.written.length) <= 1,
          `${rig.line.heard.length - rig.written.length} bytes`,
        );
        assert.deepEqual(rig.line.heard.subarray(-200), rig.written.subarray(-200));
        assert.equal(rig.playback.capacityBytes <= 4096, true, "nothing is kept of what was heard");
        assert.equal(rig.clock.pending, 0);
      },
    ),
    { seed: 7, numRuns: 150 },
  );
});

Deno.test("Playback that is paused twice tells how far into each item the caller is from its beginning", () => {
  const rig = new PlaybackRig({ isPausable: true });
  rig.write("item_1", 4 * SECOND);
  rig.end("item_1", 4_000);
  rig.clock.advance(1_000);
  assert.deepEqual(rig.playback.pause().map(({ heardMs }) => heardMs), [1_000]);
  rig.clock.advance(500);
  rig.playback.resume();
  rig.clock.advance(700);
  assert.deepEqual(rig.playback.pause().map(({ heardMs, receivedMs }) => [heardMs, receivedMs]), [[
    1_700,
    4_000,
  ]]);
});

Deno.test("Playback.skipEarlier() plays what came since the pause, and nothing of what was before", () => {
  const rig = new PlaybackRig({ isPausable: true });
  rig.write("item_1", 20 * SECOND);
  rig.clock.advance(1_000);
  rig.playback.pause();
  rig.write("item_2", SECOND, "resp_2");
  rig.end("item_2");
  rig.clock.advance(300);
  assert.equal(rig.playback.unheardMs, 20_000);
  assert.deepEqual(rig.playback.skipEarlier(), []);
  rig.playOut();
  assert.deepEqual(rig.line.heard.subarray(SECOND), rig.written.subarray(20 * SECOND));
});

Deno.test("Playback.skipEarlier() cuts off what plays, and repeats nothing of what follows", () => {
  const rig = new PlaybackRig({ isPausable: true });
  rig.write("item_1", 5 * SECOND);
  rig.end("item_1");
  rig.clock.advance(1_000);
  rig.playback.divide();
  rig.write("item_2", SECOND, "resp_2");
  rig.end("item_2");
  rig.clock.advance(500);
  assert.deepEqual(rig.playback.skipEarlier().map(({ itemId, heardMs }) => [itemId, heardMs]), [[
    "item_1",
    1_500,
  ]]);
  rig.playOut();
  assert.deepEqual(rig.line.heard.subarray(1.5 * SECOND), rig.written.subarray(5 * SECOND));
});

Deno.test("Playback.resume() drops what came since, also from Twilio's buffer, while the rest plays on", () => {
  const rig = new PlaybackRig({ isPausable: true });
  rig.write("item_1", 5 * SECOND);
  rig.end("item_1");
  rig.clock.advance(1_000);
  rig.playback.divide();
  rig.write("item_2", SECOND, "resp_2");
  rig.clock.advance(500);
  assert.deepEqual(rig.playback.resume(), ["item_2"]);
  rig.playOut();
  assert.deepEqual(rig.line.heard, rig.written.subarray(0, 5 * SECOND));
});

Deno.test("Playback.whenHeard() waits for what is paused", async () => {
  const rig = new PlaybackRig({ isPausable: true });
  rig.write("item_1", 2 * SECOND);
  rig.end("item_1");
  rig.clock.advance(1_000);
  rig.playback.pause();
  let isHeard = false;
  void rig.playback.whenHeard().then(() => isHeard = true);
  for (let i = 0; i < 100; i++) {
    rig.clock.advance(50);
    await Promise.resolve();
  }
  assert.equal(isHeard, false);
  rig.playback.resume();
  for (let i = 0; i < 60; i++) {
    rig.clock.advance(50);
    await Promise.resolve();
  }
  assert.equal(isHeard, true);
});

Deno.test("Playback.takeUnheard() returns what the caller has not heard, to the byte, and silences the line", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_000 }), fc.constantFrom(1_000, 10_000), (heardMs, leadMs) => {
      const rig = new PlaybackRig({ delayMs: 75, leadMs, isPausable: true });
      rig.write("item_1", 6 * SECOND);
      rig.end("item_1", 6_000);
      rig.clock.advance(heardMs + 75);
      const unheard = rig.playback.takeUnheard();
      const heard = rig.written.length - unheard.length;
      assert.deepEqual([...unheard], [...rig.written.slice(heard)]);
      // What the caller hears of it in the half round trip until the line is silent is heard twice at most.
      const playedMs = Math.min(6_000, heardMs);
      assert.ok(
        Math.abs(heard / BYTES_PER_MS - playedMs) <= 200,
        `${heard / BYTES_PER_MS} of ${playedMs} ms`,
      );
      rig.playback[Symbol.dispose]();
    }),
    { numRuns: 40 },
  );
});

Deno.test("Playback.isBetweenWords is true where what comes next is silence", () => {
  const rig = new PlaybackRig({ isPausable: true });
  const word = new Uint8Array(500 * BYTES_PER_MS).fill(0x10);
  const silence = new Uint8Array(200 * BYTES_PER_MS).fill(0xff);
  for (const piece of [word, silence, word]) rig.playback.write("item_1", "resp_1", piece);
  const seen = Array.from({ length: 12 }, () => {
    const isBetweenWords = rig.playback.isBetweenWords;
    rig.clock.advance(100);
    return isBetweenWords;
  });
  assert.deepEqual(seen.flatMap((isBetween, index) => isBetween ? index : []), [5, 6]);
  rig.playback[Symbol.dispose]();
});
