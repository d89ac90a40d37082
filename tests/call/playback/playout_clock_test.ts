import assert from "node:assert/strict";
import { BYTES_PER_MS } from "../../../src/audio/mulaw.ts";
import { PlayoutClock } from "../../../src/call/playback/playout_clock.ts";

Deno.test("PlayoutClock plays 8 bytes a millisecond from the moment that audio is sent, and never past it", () => {
  const playout = new PlayoutClock();
  assert.equal(playout.isDry(1000), true);
  playout.sent(500 * BYTES_PER_MS, 1000);
  assert.deepEqual([1000, 1001, 1400, 1500, 9000].map((atMs) => playout.positionAt(atMs)), [
    0,
    8,
    3200,
    4000,
    4000,
  ]);
  assert.deepEqual([1499.9, 1500].map((atMs) => playout.isDry(atMs)), [false, true]);
  assert.equal(playout.timeAt(3200), 1400);
});

Deno.test("PlayoutClock goes on from where it was when audio comes after a silence", () => {
  const playout = new PlayoutClock();
  playout.sent(100 * BYTES_PER_MS, 0);
  playout.sent(100 * BYTES_PER_MS, 5000);
  assert.equal(playout.positionAt(5000), 800);
  assert.equal(playout.positionAt(5050), 1200);
});

Deno.test("PlayoutClock queues audio that comes while other audio plays", () => {
  const playout = new PlayoutClock();
  playout.sent(100 * BYTES_PER_MS, 0);
  playout.sent(100 * BYTES_PER_MS, 50);
  assert.equal(playout.timeAt(1600), 200);
});

Deno.test("PlayoutClock moves its clock when several echoes in a row are late by more than jitter", () => {
  const playout = new PlayoutClock();
  playout.roundTrip.add(100);
  playout.sent(4000 * BYTES_PER_MS, 0);
  const echo = (atMs: number, lateMs: number) => playout.played(0, atMs * BYTES_PER_MS, atMs + 100 + lateMs);
  for (const [atMs, lateMs] of [[400, 300], [800, 320], [1200, 310]]) echo(atMs, lateMs);
  assert.equal(playout.timeAt(0), 0, "three may be chance");
  echo(1600, 305);
  assert.equal(playout.timeAt(0), 300, "the least late was held up least on its way back");
  for (const atMs of [2000, 2400, 2800, 3200]) echo(atMs, 300);
  assert.equal(playout.timeAt(0), 300);
});

Deno.test("PlayoutClock takes jitter of up to 20 ms for jitter, and one punctual echo for the truth", () => {
  const playout = new PlayoutClock();
  playout.roundTrip.add(100);
  playout.sent(8000 * BYTES_PER_MS, 0);
  const lateness = [20, 20, 20, 20, 500, 500, 500, 0, 500, 500, 500, 15];
  for (const [index, lateMs] of lateness.entries()) {
    const atMs = (index + 1) * 400;
    playout.played(0, atMs * BYTES_PER_MS, atMs + 100 + lateMs);
  }
  assert.equal(playout.timeAt(0), 0);
});

Deno.test("PlayoutClock leaves its clock alone while the round trip is unknown", () => {
  const playout = new PlayoutClock();
  playout.sent(4000 * BYTES_PER_MS, 0);
  for (const atMs of [400, 800, 1200, 1600, 2000]) playout.played(0, atMs * BYTES_PER_MS, atMs + 700);
  assert.equal(playout.timeAt(0), 0);
});

Deno.test("PlayoutClock calls a mark overdue 1,500 ms after its echo should have been back, and trusts the clock no more", () => {
  const playout = new PlayoutClock();
  playout.roundTrip.add(100);
  playout.sent(2000 * BYTES_PER_MS, 0);
  playout.mark();
  // The next mark stands behind 400 ms; its echo is due at 500.
  assert.deepEqual([2000, 2000.1].map((atMs) => playout.isOverdue(atMs)), [false, true]);
  assert.deepEqual([2000, 2000.1].map((atMs) => playout.positionAt(atMs)), [16_000, 3200]);
  playout.played(0, 3200, 500);
  // Now it is the one behind 800 ms.
  assert.deepEqual([2400, 2400.1].map((atMs) => playout.isOverdue(atMs)), [false, true]);
  assert.equal(playout.positionAt(2400.1), 6400);
});

Deno.test("PlayoutClock counts the late echoes of one stretch of speech together, not those from before a pause", () => {
  const playout = new PlayoutClock();
  playout.roundTrip.add(0);
  playout.sent(400 * BYTES_PER_MS, 0);
  for (const ms of [100, 200, 300]) playout.played(0, ms * BYTES_PER_MS, ms + 50);
  playout.sent(400 * BYTES_PER_MS, 1000);
  playout.played(0, 500 * BYTES_PER_MS, 1150);
  assert.equal(playout.timeAt(400 * BYTES_PER_MS), 1000);
});

Deno.test("PlayoutClock moves its clock again only for four more late echoes, punctual ones forgotten", () => {
  const playout = new PlayoutClock();
  playout.roundTrip.add(0);
  playout.sent(9000 * BYTES_PER_MS, 0);
  let atMs = 0;
  const echo = (lateMs: number) => playout.played(0, (atMs += 400) * BYTES_PER_MS, atMs + lateMs);
  echo(0);
  for (let count = 0; count < 3; count++) echo(100);
  assert.equal(playout.timeAt(0), 0);
  echo(100);
  assert.equal(playout.timeAt(0), 100, "the punctual one has fallen out");
  for (let count = 0; count < 3; count++) echo(200);
  assert.equal(playout.timeAt(0), 100, "those before do not count again");
  echo(200);
  assert.equal(playout.timeAt(0), 200);
});

Deno.test("PlayoutClock believes the clock alone once an echo came before its audio could be played", () => {
  const playout = new PlayoutClock();
  playout.roundTrip.add(100);
  playout.sent(2000 * BYTES_PER_MS, 0);
  playout.mark();
  assert.equal(playout.played(0, 2000 * BYTES_PER_MS, 150), false);
  assert.equal(playout.confirmedBytes, 0);
  assert.ok(!playout.awaitsEcho && !playout.isOverdue(60_000));
  assert.equal(playout.positionAt(1000), 8000);
  assert.equal(playout.cutPosition(1500, 0), 1500 * BYTES_PER_MS);

  const echoed = (atMs: number) => {
    const other = new PlayoutClock();
    other.sent(2000 * BYTES_PER_MS, 0);
    return other.played(0, 2000 * BYTES_PER_MS, atMs);
  };
  assert.deepEqual([1_699, 1_700].map(echoed), [false, true], "jitter of clocks is no haste");
});

Deno.test("PlayoutClock cuts at a whole byte, before what never left the socket", () => {
  const playout = new PlayoutClock();
  playout.sent(1000, 0);
  assert.equal(playout.cutPosition(100.2, 0), 801);
  assert.equal(playout.cutPosition(100, 300), 700);
  assert.equal(playout.cutPosition(100, 2000), 0);
});

Deno.test("PlayoutClock counts positions from each clear anew, and believes no echo from before it", () => {
  const playout = new PlayoutClock();
  playout.sent(800, 0);
  playout.clear(50);
  assert.deepEqual([playout.generation, playout.sentBytes, playout.timeAt(0)], [1, 0, 50]);
  playout.sent(800, 50);
  assert.equal(playout.played(0, 800, 100), false);
  assert.equal(playout.played(1, 801, 150), false, "so much was not sent");
  assert.equal(playout.played(1, 800, 150), true);
});
