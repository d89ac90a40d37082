import assert from "node:assert/strict";
import { ECHO_GRACE_MS, MARK_INTERVAL_MS } from "../../../src/call/playback/marks.ts";
import { settle } from "../../support/microtasks.ts";
import { MAX_OPEN_ITEMS } from "../../../src/call/playback/playback_ledger.ts";
import { BYTES_PER_MS } from "../../../src/audio/mulaw.ts";
import { PlaybackRig } from "../../support/playback_rig.ts";

const SECOND = 1000 * BYTES_PER_MS;

Deno.test("Playback hands audio on at once while the lead has room", () => {
  const rig = new PlaybackRig();
  rig.write("item_1", 2 * SECOND);
  assert.equal(rig.playback.waitingBytes, 0);
  assert.equal(rig.playback.sentMs, 2000);
  rig.clock.advance(2000);
  assert.deepEqual(rig.line.heard, rig.written);
});

Deno.test("Playback lets a 60-second answer delivered at once be heard whole and in order", () => {
  const rig = new PlaybackRig({ delayMs: 75 });
  rig.write("item_1", 60 * SECOND);
  rig.end("item_1");
  assert.equal(rig.playback.waitingBytes, 50 * SECOND);
  rig.playOut();
  assert.deepEqual(rig.line.heard, rig.written);
  assert.deepEqual(rig.line.gaps, []);
  assert.deepEqual(rig.overflowsMs, []);
  assert.ok(rig.line.peakBufferedMs <= 10_000, `${rig.line.peakBufferedMs} ms were buffered`);
});

Deno.test("Playback follows absolute deadlines: what runs late does not make the next block later", () => {
  const lateMs = 30;
  const rig = new PlaybackRig({ lateMs });
  rig.write("item_1", 60 * SECOND);
  rig.playOut();
  const followers = rig.line.sends.filter(({ atMs }) => atMs > 0);
  assert.equal(followers.length, 50_000 / MARK_INTERVAL_MS);
  for (const [index, { atMs, bytes }] of followers.entries()) {
    assert.equal(bytes, MARK_INTERVAL_MS * BYTES_PER_MS);
    assert.ok(
      Math.abs(atMs - ((index + 1) * MARK_INTERVAL_MS + lateMs)) < 0.01,
      `block ${index} went at ${atMs}`,
    );
  }
});

Deno.test("Playback puts a mark after every 400 ms of audio and at each item's end", () => {
  const rig = new PlaybackRig();
  rig.write("item_1", 1000 * BYTES_PER_MS);
  rig.end("item_1");
  rig.write("item_2", 500 * BYTES_PER_MS);
  rig.end("item_2");
  assert.deepEqual(rig.markPositions.map((bytes) => bytes / BYTES_PER_MS), [400, 800, 1000, 1400, 1500]);
  rig.playOut();
  assert.equal(rig.playback.ledger.lastItemId, undefined, "all marks came back, so both items were heard");
});

Deno.test("Playback puts a mark at the end of an item that still waits when it is complete", () => {
  const rig = new PlaybackRig({ leadMs: 1000 });
  rig.write("item_1", 2500 * BYTES_PER_MS);
  rig.end("item_1");
  rig.write("item_2", 700 * BYTES_PER_MS);
  rig.end("item_2");
  rig.playOut();
  const positions = rig.markPositions.map((bytes) => bytes / BYTES_PER_MS);
  assert.ok(positions.includes(2500), `no mark at the first item's end: ${positions}`);
  assert.equal(positions.at(-1), 3200);
  assert.equal(rig.playback.ledger.lastItemId, undefined);
});

Deno.test("Playback ignores marks that are not its own", () => {
  const rig = new PlaybackRig();
  rig.write("item_1", SECOND);
  rig.end("item_1");
  for (const name of ["", "g0", "g0:99999999", "g1:8000", "hello", "p"]) rig.playback.onMark(name);
  assert.equal(rig.playback.ledger.lastItemId, "item_1");
});

Deno.test("Playback keeps a lead of two marks at least", () => {
  const rig = new PlaybackRig({ leadMs: 1 });
  rig.write("item_1", 3 * SECOND);
  rig.playOut();
  assert.deepEqual(rig.line.gaps, []);
  assert.equal(rig.line.peakBufferedMs, 2 * MARK_INTERVAL_MS);
});

Deno.test("Playback takes no more than fits, and says how much it did not take", () => {
  const rig = new PlaybackRig({ leadMs: 1000, bufferMs: 2000 });
  assert.equal(rig.write("item_1", 2.5 * SECOND), 0);
  assert.equal(rig.write("item_1", 1.5 * SECOND), SECOND);
  assert.equal(rig.write("item_1", SECOND), SECOND);
  rig.end("item_1");
  assert.deepEqual(rig.overflowsMs, [1000, 1000]);
  rig.playOut();
  assert.deepEqual(rig.line.heard, rig.written.subarray(0, 3 * SECOND), "from the beginning, without a hole");
  assert.deepEqual(rig.line.gaps, []);
  assert.equal(rig.playback.ledger.lastItemId, undefined);
});

Deno.test("Playback knows how much the caller has not heard yet", () => {
  const rig = new PlaybackRig({ delayMs: 75 });
  assert.equal(rig.playback.unheardMs, 0);
  rig.write("item_1", 15 * SECOND);
  rig.end("item_1");
  assert.equal(rig.playback.unheardMs, 15_000);
  assert.equal(rig.playback.isUnheard("resp_1"), true);
  rig.clock.advance(4000);
  assert.equal(rig.playback.unheardMs, 11_000);
  rig.clock.advance(11_000);
  assert.equal(rig.playback.unheardMs, 0);
  assert.equal(rig.playback.isUnheard("resp_1"), false);
});

Deno.test("Playback gives back its memory and its deadlines when it is disposed", () => {
  const rig = new PlaybackRig();
  rig.write("item_1", 60 * SECOND);
  assert.ok(rig.playback.capacityBytes >= 50 * SECOND);
  const other = rig.clock.pending - 2; // marks on the line
  rig.playback[Symbol.dispose]();
  assert.equal(rig.playback.capacityBytes, 0);
  assert.equal(rig.clock.pending, other);
});

Deno.test("Playback.whenHeard() resolves when the last mark is back, and not before", async () => {
  const rig = new PlaybackRig({ delayMs: 75, leadMs: 1000 });
  rig.write("item_1", 3 * SECOND);
  rig.end("item_1");
  let heardAtMs = -1;
  const heard = rig.playback.whenHeard().then(() => heardAtMs = rig.clock.now());
  const startMs = rig.clock.now();
  for (let i = 0; i < 500; i++) {
    rig.clock.advance(10);
    await settle();
  }
  await heard;
  const tookMs = heardAtMs - startMs;
  assert.ok(tookMs >= 3000 + 2 * 75 && tookMs <= 3000 + 2 * 75 + 60, `after ${tookMs} ms`);
});

Deno.test("Playback.whenHeard() gives up on a peer that echoes nothing, and when the call is over", async () => {
  for (const end of ["no echo", "disposed"]) {
    const rig = new PlaybackRig();
    rig.line.onEcho = () => {};
    rig.write("item_1", 2 * SECOND);
    rig.end("item_1");
    let heardAtMs = -1;
    const heard = rig.playback.whenHeard().then(() => heardAtMs = rig.clock.now());
    for (let i = 0; i < 100; i++) {
      rig.clock.advance(50);
      if (end === "disposed" && i === 9) rig.playback[Symbol.dispose]();
      await settle();
    }
    await heard;
    const latestMs = end === "disposed" ? 600 : 2000 + ECHO_GRACE_MS + 60;
    assert.ok(heardAtMs > 0 && heardAtMs <= latestMs, `${end}: after ${heardAtMs} ms`);
  }
});

Deno.test("Playback drops what still waits of an item that is one too many, and plays the others whole", () => {
  const rig = new PlaybackRig({ leadMs: 1000 });
  rig.write("item_0", 3 * SECOND);
  rig.end("item_0");
  const itemBytes = 100 * BYTES_PER_MS;
  for (let i = 1; i <= MAX_OPEN_ITEMS; i++) {
    rig.write(`item_${i}`, itemBytes);
    rig.end(`item_${i}`);
  }
  assert.deepEqual(rig.overflowsMs, [2000]);
  rig.playOut();
  const heard = Uint8Array.from([...rig.written.subarray(0, SECOND), ...rig.written.subarray(3 * SECOND)]);
  assert.deepEqual(rig.line.heard, heard);
  const ends = Array.from({ length: MAX_OPEN_ITEMS }, (_, i) => SECOND + (i + 1) * itemBytes);
  assert.deepEqual(
    rig.markPositions.filter((position) => position > SECOND),
    ends,
    "a mark at each item's end",
  );
  assert.deepEqual([rig.playback.waitingBytes, rig.playback.ledger.lastItemId], [0, undefined]);
});
