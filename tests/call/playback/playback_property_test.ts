import assert from "node:assert/strict";
import fc from "fast-check";
import { BYTES_PER_MS } from "../../../src/audio/mulaw.ts";
import { PlaybackRig } from "../../support/playback_rig.ts";

// Times are sevenths of a millisecond, which no double holds exactly: rounding must not matter.
const pause = fc.integer({ min: 0, max: 8_000 }).map((sevenths) => sevenths / 7);
const delta = fc.record({ bytes: fc.integer({ min: 1, max: 12_000 }), pauseMs: pause });
const answer = fc.array(
  fc.record({ deltas: fc.array(delta, { minLength: 1, maxLength: 6 }), pauseMs: pause }),
  { minLength: 1, maxLength: 5 },
);

Deno.test("Playback lets everything be heard in order and without an underrun, however the model delivers it", () => {
  fc.assert(
    fc.property(
      answer,
      fc.integer({ min: 1_000, max: 4_000 }),
      fc.constantFrom(0, 20, 75, 150),
      fc.constantFrom(0, 5, 40),
      (items, leadMs, delayMs, lateMs) => {
        const rig = new PlaybackRig({ delayMs, leadMs, lateMs });
        const ends: number[] = [];
        for (const [index, { deltas, pauseMs }] of items.entries()) {
          for (const { bytes, pauseMs } of deltas) {
            rig.clock.advance(pauseMs);
            rig.write(`item_${index}`, bytes);
          }
          rig.clock.advance(pauseMs);
          rig.end(`item_${index}`);
          ends.push(rig.written.length);
        }
        rig.playOut();

        assert.deepEqual(rig.overflowsMs, []);
        assert.equal(rig.line.heard.length, rig.written.length);
        assert.deepEqual(rig.line.heard, rig.written);
        for (const { fromMs, position } of rig.line.gaps) {
          const thereBefore = rig.writtenBefore(fromMs - delayMs - 0.01);
          assert.ok(thereBefore <= position, `the player ran dry at ${position} of ${thereBefore} bytes`);
        }
        assert.ok(rig.line.peakBufferedMs <= leadMs + 0.01, `${rig.line.peakBufferedMs} ms ahead`);

        const marked = rig.markPositions;
        for (const [index, position] of marked.entries()) {
          assert.ok(position - (marked[index - 1] ?? 0) <= 400 * BYTES_PER_MS, `no mark before ${position}`);
        }
        for (const end of ends) assert.ok(marked.includes(end), `no mark at an item's end, ${end}`);
        assert.equal(rig.playback.ledger.lastItemId, undefined);
        assert.equal(rig.playback.waitingBytes, 0);
        assert.equal(rig.clock.pending, 0, "nothing is awaited any more");
      },
    ),
    { seed: 2026, numRuns: 120 },
  );
});
