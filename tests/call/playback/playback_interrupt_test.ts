import assert from "node:assert/strict";
import fc from "fast-check";
import { BYTES_PER_MS } from "../../../src/audio/mulaw.ts";
import { PlaybackRig } from "../../support/playback_rig.ts";

/** Audio of each item that the caller really heard, in milliseconds: `lengths` are the items in the order of playing. */
function trulyHeardMs(rig: PlaybackRig, lengthsMs: number[]): number[] {
  let leftMs = rig.line.heard.length / BYTES_PER_MS;
  return lengthsMs.map((lengthMs) => {
    const heardMs = Math.min(lengthMs, leftMs);
    leftMs -= heardMs;
    return heardMs;
  });
}

for (const delayMs of [0, 75, 150]) {
  Deno.test(`Playback tells to the millisecond what was heard when the way takes ${delayMs} ms`, () => {
    const rig = new PlaybackRig({ delayMs });
    rig.write("item_1", 3000 * BYTES_PER_MS);
    rig.end("item_1");
    rig.write("item_2", 20_000 * BYTES_PER_MS, "resp_2");
    rig.clock.advance(3000 + 1234);
    const [heard, ...others] = rig.playback.interrupt();
    rig.clock.advance(delayMs); // now the clear is there
    const [, second] = trulyHeardMs(rig, [3000, 20_000]);
    assert.deepEqual(others, []);
    assert.deepEqual([heard.itemId, heard.responseId], ["item_2", "resp_2"]);
    assert.ok(Math.abs(heard.heardMs - second) <= 1, `${heard.heardMs} was told, ${second} was heard`);
    assert.equal(
      heard.sentMs,
      10_000 + 4000 - 3000,
      "the lead, and what followed in 4 s, less the first item",
    );
  });
}

Deno.test("Playback names every item that was cut off, those not yet begun with nothing heard", () => {
  const rig = new PlaybackRig();
  for (const [itemId, ms] of [["item_1", 500], ["item_2", 1000], ["item_3", 800]] as const) {
    rig.write(itemId, ms * BYTES_PER_MS);
    rig.end(itemId, ms);
  }
  rig.clock.advance(700);
  assert.deepEqual(rig.playback.interrupt(), [
    { itemId: "item_2", responseId: "resp_1", heardMs: 200, sentMs: 1000, receivedMs: 1000 },
    { itemId: "item_3", responseId: "resp_1", heardMs: 0, sentMs: 800, receivedMs: 800 },
  ]);
});

Deno.test("Playback names nothing when all of it was heard", () => {
  const rig = new PlaybackRig();
  rig.write("item_1", 500 * BYTES_PER_MS);
  rig.end("item_1", 500);
  rig.clock.advance(500);
  assert.deepEqual(rig.playback.interrupt(), []);
});

Deno.test("Playback claims no more than was sent, nor than the model made", () => {
  const rig = new PlaybackRig();
  rig.write("item_1", 1000 * BYTES_PER_MS);
  rig.clock.advance(60_000);
  assert.deepEqual(rig.playback.interrupt().map(({ heardMs }) => heardMs), [1000]);

  rig.write("item_2", 1002 * BYTES_PER_MS); // the filter adds its tail
  rig.end("item_2", 1000);
  rig.clock.advance(1001);
  assert.deepEqual(rig.playback.interrupt().map(({ heardMs }) => heardMs), [1000]);
});

Deno.test("Playback silences the caller's side at once and waits for nothing afterwards", () => {
  const rig = new PlaybackRig();
  rig.write("item_1", 60_000 * BYTES_PER_MS);
  rig.clock.advance(2000);
  rig.playback.interrupt();
  const heardBytes = rig.line.heard.length;
  assert.equal(rig.line.clearedAtMs, 2000);
  assert.equal(rig.playback.waitingBytes, 0);
  assert.equal(rig.playback.capacityBytes, 0);
  rig.clock.advance(60_000);
  assert.equal(rig.line.heard.length, heardBytes);
  assert.equal(rig.clock.pending, 0);
});

Deno.test("Playback takes no echo of cleared audio for audio that was heard", () => {
  const rig = new PlaybackRig({ delayMs: 75 });
  rig.write("item_1", 5000 * BYTES_PER_MS);
  rig.end("item_1");
  rig.clock.advance(1000);
  rig.playback.interrupt();
  rig.write("item_2", 3000 * BYTES_PER_MS);
  rig.end("item_2");
  rig.clock.advance(150); // all marks of the first answer are back, none of the second can be
  assert.equal(rig.playback.ledger.lastItemId, "item_2");
  rig.clock.advance(850);
  const [heard] = rig.playback.interrupt();
  assert.deepEqual([heard.itemId, heard.heardMs], ["item_2", 1000]);
});

Deno.test("Playback plays what comes after an interruption whole", () => {
  const rig = new PlaybackRig({ delayMs: 75 });
  rig.write("item_1", 30_000 * BYTES_PER_MS);
  rig.clock.advance(1000);
  rig.playback.interrupt();
  rig.clock.advance(75);
  const heardBytes = rig.line.heard.length;
  rig.write("item_2", 30_000 * BYTES_PER_MS);
  rig.end("item_2");
  rig.playOut();
  assert.deepEqual(rig.line.heard.subarray(heardBytes), rig.written.subarray(30_000 * BYTES_PER_MS));
  assert.equal(rig.playback.ledger.lastItemId, undefined);
});

Deno.test("Playback learns from marks that the audio arrived late", () => {
  const rig = new PlaybackRig({ delayMs: 75 });
  rig.line.stall(500);
  rig.write("item_1", 20_000 * BYTES_PER_MS);
  rig.clock.advance(4000);
  const [heard] = rig.playback.interrupt();
  rig.clock.advance(75);
  const [truth] = trulyHeardMs(rig, [20_000]);
  assert.equal(truth, 3500);
  assert.ok(Math.abs(heard.heardMs - truth) <= 20, `${heard.heardMs} was told, ${truth} was heard`);
});

Deno.test("Playback is right about what was heard at any moment of any answer", () => {
  const pause = fc.integer({ min: 0, max: 6_000 }).map((sevenths) => sevenths / 7);
  const deltas = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 16_000 }), pauseMs: pause }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(deltas, pause, fc.constantFrom(0, 75, 150), (sequence, untilMs, delayMs) => {
      const rig = new PlaybackRig({ delayMs, leadMs: 3000 });
      for (const { bytes, pauseMs } of sequence) {
        rig.write("item_1", bytes);
        rig.clock.advance(pauseMs);
      }
      rig.clock.advance(untilMs);
      const [heard] = rig.playback.interrupt();
      rig.clock.advance(delayMs);
      const truth = rig.line.heard.length / BYTES_PER_MS;
      assert.ok(Math.abs(heard.heardMs - truth) <= 1.01, `${heard.heardMs} was told, ${truth} was heard`);
      assert.ok(heard.heardMs <= heard.sentMs && Number.isInteger(heard.heardMs));
    }),
    { seed: 5, numRuns: 150 },
  );
});
