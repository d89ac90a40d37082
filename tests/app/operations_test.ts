import assert from "node:assert/strict";
import { readGauges } from "../../src/app/operations.ts";
import type { ServiceReport } from "../../src/observability/memory/memory_report.ts";
import { prometheusText } from "../../src/observability/metrics/prometheus_text.ts";
import { parseExposition } from "../support/exposition.ts";
import { MB } from "../support/memory_levels.ts";
import { WatchedProcess } from "../support/watched_process.ts";

/** What is told now of one metric, by its series. */
async function seriesOf({ sources }: WatchedProcess, metric: string): Promise<Record<string, number>> {
  await readGauges(sources);
  return Object.fromEntries(parseExposition(prometheusText(sources.metrics)).get(metric)?.samples ?? []);
}

Deno.test("readGauges() tells which memory alarm is raised, and how often each was", async () => {
  using watched = new WatchedProcess();
  const alarms = async () => ({
    ...await seriesOf(watched, "slimline_memory_alarm"),
    ...await seriesOf(watched, "slimline_memory_alarms_total"),
  });
  const quiet = {
    'slimline_memory_alarm{alarm="growth"}': 0,
    'slimline_memory_alarm{alarm="no_return"}': 0,
    'slimline_memory_alarms_total{alarm="growth"}': 0,
    'slimline_memory_alarms_total{alarm="no_return"}': 0,
  };
  assert.deepEqual(await alarms(), quiet);
  watched.grow();
  const grown = { ...quiet, 'slimline_memory_alarms_total{alarm="growth"}': 1 };
  assert.deepEqual(await alarms(), { ...grown, 'slimline_memory_alarm{alarm="growth"}': 1 });
  watched.levels.run(60, 10, () => 140 * MB);
  assert.deepEqual(await alarms(), grown, "it is over, and was once");
  watched.levels.run(10, 0, () => 40 * MB).run(5, 10, () => 80 * MB).run(10, 0, () => 80 * MB);
  assert.deepEqual(await alarms(), {
    ...grown,
    'slimline_memory_alarm{alarm="no_return"}': 1,
    'slimline_memory_alarms_total{alarm="no_return"}': 1,
  });
});

Deno.test("readGauges() counts the services that are alive by their names", async () => {
  const service = (name: string, business: string | null): ServiceReport => ({
    name,
    business,
    state: "open",
    users: 1,
    idleMs: 0,
    measures: {},
  });
  using watched = new WatchedProcess([
    service("mongodb", null),
    service("knowledge", "acme"),
    service("knowledge", "other"),
  ]);
  assert.deepEqual(await seriesOf(watched, "slimline_services"), {
    'slimline_services{service="mongodb"}': 1,
    'slimline_services{service="knowledge"}': 2,
  });
});
