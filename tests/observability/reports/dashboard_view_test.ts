import assert from "node:assert/strict";
import { FleetMembers } from "../../../src/cluster/mongo/fleet_members.ts";
import { currentView } from "../../../src/observability/reports/dashboard_view.ts";
import { LEVEL_EPOCH_MS, WatchedProcess } from "../../support/watched_process.ts";

Deno.test("currentView() shows which memory alarm is raised, and since when", async () => {
  using watched = new WatchedProcess();
  assert.deepEqual((await currentView(watched.sources)).alarms, { active: [], events: [] });
  watched.grow();
  assert.deepEqual((await currentView(watched.sources)).alarms, {
    active: ["growth"],
    events: [{ alarm: "growth", change: "raised", epochMs: LEVEL_EPOCH_MS }],
  });
});

Deno.test("currentView() has a row for each instance of a fleet, and none for a process alone", async () => {
  using watched = new WatchedProcess();
  assert.equal("instances" in await currentView(watched.sources), false);
  const members = new FleetMembers("b");
  const instance = (_id: string, at: number) => ({
    _id,
    at: new Date(at),
    startedAt: new Date(at),
    version: "1.0.0",
    address: `http://${_id}.test`,
    calls: 3,
    free: 7,
    refusal: null,
    held: [],
  });
  members.update([instance("b", 60_000), instance("a", 59_000), instance("c", 40_000)], new Date(60_000));
  const { instances } = await currentView({ ...watched.sources, fleet: () => ({ members }) });
  assert.deepEqual(instances?.map(({ id, isThis, isAlive }) => ({ id, isThis, isAlive })), [
    { id: "c", isThis: false, isAlive: false },
    { id: "a", isThis: false, isAlive: true },
    { id: "b", isThis: true, isAlive: true },
  ]);
  assert.equal(instances?.[0].address, "http://c.test");
  assert.equal(members.freeElsewhere, 7);
});
