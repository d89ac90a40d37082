import assert from "node:assert/strict";
import { PLAYBACK_HOLD_BYTES } from "../../../src/call/playback/playback_sender.ts";
import { ECHO_GRACE_MS, MARK_INTERVAL_MS } from "../../../src/call/playback/marks.ts";
import { STREAM_STALLED_AFTER_MS } from "../../../src/call/playback/stall_watch.ts";
import { BYTES_PER_MS } from "../../../src/audio/mulaw.ts";
import { PlaybackRig } from "../../support/playback_rig.ts";

const SECOND = 1000 * BYTES_PER_MS;

/** Milliseconds of audio handed to the line. */
function sentMs(rig: PlaybackRig): number {
  return rig.line.sends.reduce((sum, { bytes }) => sum + bytes, 0) / BYTES_PER_MS;
}

Deno.test("Playback puts nothing into a socket that is full, and goes on when it empties, with nothing lost", () => {
  const rig = new PlaybackRig();
  rig.line.backlogBytes = PLAYBACK_HOLD_BYTES + 1;
  for (let i = 0; i < 30; i++) {
    rig.write("item_1", SECOND / 10);
    rig.clock.advance(100);
  }
  assert.equal(sentMs(rig), 0);
  assert.equal(rig.playback.waitingBytes, 3 * SECOND);
  rig.line.backlogBytes = PLAYBACK_HOLD_BYTES;
  rig.end("item_1");
  rig.playOut();
  assert.deepEqual(rig.line.heard, rig.written);
  assert.deepEqual([rig.overflowsMs, rig.stalledAtMs], [[], []]);
});

Deno.test("Playback looks at the socket before every block, so that one large delta cannot overrun it", () => {
  const rig = new PlaybackRig({ leadMs: 10_000 });
  const take = rig.line.sendMedia;
  rig.line.sendMedia = function (payload) {
    this.backlogBytes += 100_000;
    take.call(this, payload);
  };
  rig.write("item_1", 9 * SECOND);
  assert.deepEqual(rig.line.sends.map(({ bytes }) => bytes), [MARK_INTERVAL_MS * BYTES_PER_MS]);
});

Deno.test("Playback sends no more than the lead and a grace to a caller's side that confirms nothing", () => {
  const rig = new PlaybackRig({ delayMs: 50, leadMs: 5_000 });
  rig.line.stall(60 * 60_000);
  rig.write("item_1", 100 * SECOND);
  rig.clock.advance(STREAM_STALLED_AFTER_MS);
  const mostMs = 5_000 + ECHO_GRACE_MS + 100 + 2 * MARK_INTERVAL_MS;
  assert.ok(sentMs(rig) <= mostMs, `${sentMs(rig)} ms of at most ${mostMs}`);
});

Deno.test("Playback lets everything be heard in order when the way stood still for 10 s", () => {
  const rig = new PlaybackRig({ delayMs: 75, leadMs: 3_000 });
  rig.write("item_1", 30 * SECOND);
  rig.clock.advance(2_000);
  rig.line.stall(10_000);
  rig.end("item_1");
  rig.playOut();
  assert.deepEqual(rig.line.heard, rig.written);
  assert.deepEqual([rig.overflowsMs, rig.stalledAtMs], [[], []]);
  assert.equal(rig.playback.ledger.lastItemId, undefined);
});

Deno.test("Playback knows what was heard while the way stands still, and after it", () => {
  for (const afterMs of [2_500, 5_000, 9_000, 16_000, 20_000]) {
    const rig = new PlaybackRig({ delayMs: 75, leadMs: 3_000 });
    rig.write("item_1", 30 * SECOND);
    rig.clock.advance(2_000);
    rig.line.stall(10_000);
    rig.clock.advance(afterMs);
    const [{ heardMs }] = rig.playback.interrupt();
    rig.clock.advance(20_000);
    const truthMs = rig.line.heard.length / BYTES_PER_MS;
    // What was under way when the way stood still is known to the mark, and no better.
    const toleranceMs = MARK_INTERVAL_MS + ECHO_GRACE_MS;
    assert.ok(
      Math.abs(heardMs - truthMs) <= toleranceMs,
      `after ${afterMs} ms: ${heardMs}, truly ${truthMs}`,
    );
  }
});

Deno.test("Playback gives up a caller's side that confirms nothing for 15 s, once", () => {
  const rig = new PlaybackRig();
  rig.line.stall(60 * 60_000);
  const startMs = rig.clock.now();
  rig.write("item_1", 3 * SECOND);
  rig.end("item_1");
  rig.clock.advance(60_000);
  assert.equal(rig.stalledAtMs.length, 1);
  const afterMs = rig.stalledAtMs[0] - startMs;
  assert.ok(
    afterMs >= STREAM_STALLED_AFTER_MS && afterMs <= STREAM_STALLED_AFTER_MS + 4_000,
    `after ${afterMs} ms`,
  );
});

Deno.test("Playback is not deceived by interruptions: what is called back from a dead line is not confirmed either", () => {
  const rig = new PlaybackRig();
  rig.line.stall(60 * 60_000);
  for (let i = 0; i < 10; i++) {
    rig.write(`item_${i}`, 3 * SECOND);
    rig.clock.advance(2_500);
    rig.playback.interrupt();
  }
  assert.equal(rig.stalledAtMs.length, 1);
});

Deno.test("Playback takes no pause of the model for a stall, however long, nor the end of all talk", () => {
  const rig = new PlaybackRig({ delayMs: 150 });
  rig.write("item_1", 300 * BYTES_PER_MS); // too short for a mark of its own
  rig.clock.advance(60_000);
  rig.write("item_1", 3 * SECOND);
  rig.clock.advance(60_000);
  rig.end("item_1");
  rig.clock.advance(600_000);
  assert.deepEqual(rig.stalledAtMs, []);
  assert.deepEqual(rig.line.heard, rig.written);
});

Deno.test("Playback goes by the clock alone with a peer that never echoes, until its socket is full for 15 s", () => {
  const rig = new PlaybackRig({ leadMs: 2_000, echoes: false });
  rig.write("item_1", 60 * SECOND);
  rig.clock.advance(20_000);
  rig.line.backlogBytes = PLAYBACK_HOLD_BYTES + 1;
  rig.clock.advance(STREAM_STALLED_AFTER_MS - 1_000);
  rig.line.backlogBytes = 0;
  rig.clock.advance(500);
  rig.line.backlogBytes = PLAYBACK_HOLD_BYTES + 1;
  rig.clock.advance(STREAM_STALLED_AFTER_MS - 1_000);
  assert.deepEqual(rig.stalledAtMs, []);
  rig.clock.advance(3_000);
  assert.equal(rig.stalledAtMs.length, 1);
});

Deno.test("Playback counts what lies in the socket in front of the clear as unheard", () => {
  const rig = new PlaybackRig();
  rig.write("item_1", 5 * SECOND);
  rig.clock.advance(4_000);
  rig.line.backlogBytes = 3 * SECOND * 4 / 3;
  const [{ heardMs }] = rig.playback.interrupt();
  assert.equal(heardMs, 2_000);
});
