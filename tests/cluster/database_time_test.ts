import assert from "node:assert/strict";
import { DatabaseTime } from "../../src/cluster/mongo/database_time.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** What the database's clock is ahead of the machine's. */
const AHEAD_MS = 5_000;

/** One question: its way there and back. */
async function learn(time: DatabaseTime, clock: ManualClock, thereMs: number, backMs: number): Promise<void> {
  await time.learn(() => {
    clock.advance(thereMs);
    const now = new Date(clock.epoch() + AHEAD_MS);
    clock.advance(backMs);
    return Promise.resolve(now);
  });
}

Deno.test("DatabaseTime is the database's, within as long as its quickest answers take", async () => {
  const clock = new ManualClock();
  const time = new DatabaseTime(clock);
  const errorMs = () => time.now().getTime() - clock.epoch() - AHEAD_MS;
  await learn(time, clock, 3, 4);
  assert.ok(Math.abs(errorMs()) <= 7, `${errorMs()} ms`);
  for (const [thereMs, backMs] of [[0, 8_000], [8_000, 0], [3_000, 3_000], [1, 1]]) {
    await learn(time, clock, thereMs, backMs);
    assert.ok(Math.abs(errorMs()) <= 7, `${errorMs()} ms after ${thereMs} and ${backMs}`);
  }
});

Deno.test("DatabaseTime follows a clock that was set", async () => {
  const clock = new ManualClock();
  const time = new DatabaseTime(clock);
  await learn(time, clock, 1, 1);
  const set = new Date(clock.epoch() - 60_000);
  await time.learn(() => Promise.resolve(set));
  assert.equal(time.now().getTime(), set.getTime());
});
