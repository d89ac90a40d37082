import assert from "node:assert/strict";
import { MAX_SERIES, Metrics } from "../../../src/observability/metrics/metrics.ts";

Deno.test("Metrics counts by label, and sets what it is told", () => {
  const metrics = new Metrics();
  metrics.count("toolCalls", "done");
  metrics.count("toolCalls", "failed", 2);
  metrics.count("toolCalls", "done");
  metrics.set("callsActive", 3);
  metrics.set("callsActive", 2);
  assert.deepEqual(Object.fromEntries(metrics.valuesOf("toolCalls")), { done: 2, failed: 2 });
  assert.deepEqual([...metrics.valuesOf("callsActive")], [["", 2]]);
});

Deno.test("Metrics replaces all series of a gauge at once", () => {
  const metrics = new Metrics();
  metrics.set("admission", { open: 1 });
  metrics.set("admission", { full: 1 });
  assert.deepEqual([...metrics.valuesOf("admission")], [["full", 1]]);
});

Deno.test("Metrics bounds the series of a metric, and loses no count", () => {
  const metrics = new Metrics();
  for (let index = 0; index < 1000; index++) metrics.count("streamsEnded", `reason ${index}`);
  const values = metrics.valuesOf("streamsEnded");
  assert.equal(values.size, MAX_SERIES + 1);
  assert.equal(values.get("other"), 1000 - MAX_SERIES);
  metrics.set(
    "services",
    Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`service ${index}`, 1])),
  );
  assert.equal(metrics.valuesOf("services").size, MAX_SERIES);
});

Deno.test("Metrics puts an observation into the bucket whose end it does not exceed", () => {
  const metrics = new Metrics();
  assert.equal(metrics.observationsOf("turnPlayed"), undefined);
  for (const seconds of [0.1, 0.1000001, 10, 10.1]) metrics.observe("turnPlayed", seconds);
  const { counts, sum } = metrics.observationsOf("turnPlayed")!;
  assert.deepEqual([...counts], [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  assert.ok(Math.abs(sum - 20.3000001) < 1e-9);
});
