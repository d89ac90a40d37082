import assert from "node:assert/strict";
import { viewOf } from "../../../src/observability/reports/view.ts";
import { LEVEL_EPOCH_MS, WatchedProcess } from "../../support/watched_process.ts";

Deno.test("viewOf() shows which memory alarm is raised, and since when", async () => {
  using watched = new WatchedProcess();
  assert.deepEqual((await viewOf(watched.sources)).alarms, { active: [], events: [] });
  watched.grow();
  assert.deepEqual((await viewOf(watched.sources)).alarms, {
    active: ["growth"],
    events: [{ alarm: "growth", change: "raised", epochMs: LEVEL_EPOCH_MS }],
  });
});
