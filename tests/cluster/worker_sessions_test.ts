import assert from "node:assert/strict";
import { sessionRoutes, WorkerSessions } from "../../src/cluster/worker_sessions.ts";
import { OwnSessions } from "../../src/http/operator_sessions.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { acquaint, RiggedWorker } from "./worker_rig.ts";

Deno.test("WorkerSessions: a session is open to every worker, and once it has ended it has ended for all", async () => {
  const clock = new ManualClock();
  const own = [new OwnSessions(clock, "code"), new OwnSessions(clock)];
  await using first = new RiggedWorker(0, 1, sessionRoutes(own[0]));
  await using second = new RiggedWorker(1, 1, sessionRoutes(own[1]));
  acquaint(first, second);
  const here = new WorkerSessions(own[0], first.siblings);
  const there = new WorkerSessions(own[1], second.siblings);
  const id = await there.begin();
  assert.match(id, /^1\./);
  assert.deepEqual([await here.isOpen(id), await there.isOpen(id)], [true, true]);
  await here.end(id);
  assert.deepEqual([await here.isOpen(id), await there.isOpen(id)], [false, false]);
  assert.deepEqual([await there.redeem("wrong"), await there.redeem("code"), await here.redeem("code")], [
    false,
    true,
    false,
  ]);
  assert.equal(await here.isOpen(`9.${id.slice(2)}`), false);
});
