import assert from "node:assert/strict";
import {
  LINK_LIFETIME_MS,
  OwnSessions,
  SESSION_IDLE_MS,
  SESSION_LIFETIME_MS,
} from "../../src/http/operator_sessions.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("OwnSessions ends a session when it is told to, when nobody uses it, and after its lifetime", async () => {
  const clock = new ManualClock();
  const sessions = new OwnSessions(clock);
  const [ended, unused, used] = [await sessions.begin(), await sessions.begin(), await sessions.begin()];
  await sessions.end(ended);
  assert.deepEqual([await sessions.isOpen(ended), await sessions.isOpen(unused)], [false, true]);
  for (let passedMs = 0; passedMs < SESSION_LIFETIME_MS; passedMs += SESSION_IDLE_MS / 2) {
    assert.equal(await sessions.isOpen(used), true);
    clock.advance(SESSION_IDLE_MS / 2);
  }
  assert.deepEqual([await sessions.isOpen(unused), await sessions.isOpen(used)], [false, false]);
  assert.equal(await sessions.isOpen("never begun"), false);
});

Deno.test("OwnSessions holds a bounded number: another one ends the oldest", async () => {
  const sessions = new OwnSessions(new ManualClock());
  const ids: string[] = [];
  for (let count = 0; count < 65; count++) ids.push(await sessions.begin());
  assert.deepEqual([await sessions.isOpen(ids[0]), await sessions.isOpen(ids[1])], [false, true]);
});

Deno.test("OwnSessions takes the code of its link once, and not for ever", async () => {
  const sessions = new OwnSessions(new ManualClock(), "code");
  assert.equal(await sessions.redeem("cod"), false);
  const both = await Promise.all([sessions.redeem("code"), sessions.redeem("code")]);
  assert.deepEqual(both.sort(), [false, true]);
  assert.equal(await sessions.redeem("code"), false);
  const clock = new ManualClock();
  const late = new OwnSessions(clock, "code");
  clock.advance(LINK_LIFETIME_MS);
  assert.equal(await late.redeem("code"), false);
  assert.equal(await new OwnSessions(clock).redeem(""), false);
});
