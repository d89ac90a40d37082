import assert from "node:assert/strict";
import { ConnectTurn, Reconnects } from "../../src/model/reconnects.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** Turns that note their number when they connect. */
function turnsOf(line: Reconnects, count: number, isUrgent: (number: number) => boolean = () => false) {
  const connected: number[] = [];
  const turns = Array.from(
    { length: count },
    (_, number) =>
      new ConnectTurn(line, { connect: () => connected.push(number), isUrgent: () => isUrgent(number) }),
  );
  return { turns, connected };
}

Deno.test("Reconnects lets a window of connections through at once, and one more for each that comes about", () => {
  const { turns, connected } = turnsOf(new Reconnects(new ManualClock()), 40);
  for (const turn of turns) turn.enter();
  assert.equal(connected.length, 16);
  turns[0].succeeded();
  assert.equal(connected.length, 18);
  turns[1].leave();
  assert.equal(connected.length, 19);
});

Deno.test("Reconnects lets those go first for whom somebody waits", () => {
  const { turns, connected } = turnsOf(new Reconnects(new ManualClock()), 20, (number) => number === 19);
  for (const turn of turns) turn.enter();
  turns[0].leave();
  assert.equal(connected.at(-1), 19);
});

Deno.test("Reconnects pauses for all after a refusal, longer after the next, and tries again with half as many", () => {
  const clock = new ManualClock();
  const line = new Reconnects(clock, () => 1);
  const { turns, connected } = turnsOf(line, 32);
  for (const turn of turns) turn.enter();
  for (const turn of turns.slice(0, 16)) turn.refused();
  assert.deepEqual([connected.length, line.waiting], [16, 16]);
  clock.advance(999);
  assert.equal(connected.length, 16);
  clock.advance(1);
  assert.equal(connected.length, 24);
  turns[16].refused();
  clock.advance(1_999);
  assert.equal(connected.length, 24);
  clock.advance(1);
  assert.equal(connected.length, 24, "the eight are still on their way");
  turns[17].leave();
  turns[18].leave();
  for (let i = 19; i < 24; i++) turns[i].leave();
  assert.equal(connected.length, 28);
});

Deno.test("Reconnects leaves no deadline behind when all have left", () => {
  const clock = new ManualClock();
  const { turns, connected } = turnsOf(new Reconnects(clock), 2);
  turns[0].begin();
  turns[0].refused();
  turns[1].enter();
  assert.deepEqual([connected, clock.pending], [[0], 1]);
  turns[1].leave();
  assert.equal(clock.pending, 0);
});
