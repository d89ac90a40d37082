import assert from "node:assert/strict";
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
