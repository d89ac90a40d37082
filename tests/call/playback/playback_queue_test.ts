import assert from "node:assert/strict";
import fc from "fast-check";
import { settle } from "../../support/microtasks.ts";
import { BYTES_PER_MS } from "../../../src/audio/mulaw.ts";
import { PlaybackRig } from "../../support/playback_rig.ts";

/** Items one behind another, each generated in deltas faster than they play. */
const items = fc.array(
  fc.record({ ms: fc.integer({ min: 200, max: 3_000 }), pauseMs: fc.integer({ min: 0, max: 400 }) }),
  { minLength: 2, maxLength: 5 },
);

Deno.test("Playback is right about what was heard of any of several queued items", () => {
  fc.assert(
    fc.property(
      items,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(0, 75, 150),
      (queue, part, delayMs) => {
        const rig = new PlaybackRig({ delayMs });
        for (const [i, { ms, pauseMs }] of queue.entries()) {
          rig.write(`item_${i}`, ms * BYTES_PER_MS, `resp_${i}`);
          rig.end(`item_${i}`, ms);
          rig.clock.advance(pauseMs);
        }
        const leftMs = rig.playback.unheardMs;
        rig.clock.advance(part * leftMs);
        const told = rig.playback.interrupt();
        rig.clock.advance(delayMs); // now the clear is there
        const truthMs = rig.line.heard.length / BYTES_PER_MS;
        let startMs = 0;
        for (const [i, { ms }] of queue.entries()) {
          const heardMs = told.find(({ itemId }) => itemId === `item_${i}`)?.heardMs ?? ms;
          const trueMs = Math.max(0, Math.min(ms, truthMs - startMs));
          assert.ok(
            Math.abs(heardMs - trueMs) <= 1.01,
            `item ${i}: ${heardMs} was told, ${trueMs} was heard`,
          );
          startMs += ms;
        }
      },
    ),
    { seed: 7, numRuns: 150 },
  );
});

Deno.test("Playback.whenHeard() waits for what is written, also behind other items, and not for what comes later", async () => {
  const rig = new PlaybackRig({ delayMs: 75, leadMs: 1_000 });
  rig.write("item_1", 2_000 * BYTES_PER_MS);
  rig.end("item_1", 2_000);
  rig.write("item_2", 3_000 * BYTES_PER_MS);
  rig.end("item_2", 3_000);
  let heardAtMs = 0;
  const heard = rig.playback.whenHeard().then(() => heardAtMs = rig.clock.now());
  rig.write("item_3", 30_000 * BYTES_PER_MS);
  rig.end("item_3", 30_000);
  const startMs = rig.clock.now();
  for (let ms = 0; ms < 40_000; ms += 50) {
    rig.clock.advance(50);
    await settle();
  }
  await heard;
  assert.ok(
    heardAtMs - startMs >= 5_000 && heardAtMs - startMs <= 5_000 + 2 * 75 + 100,
    `${heardAtMs - startMs} ms`,
  );
});
