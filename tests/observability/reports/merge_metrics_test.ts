import assert from "node:assert/strict";
import { Metrics } from "../../../src/observability/metrics/metrics.ts";
import { prometheusText } from "../../../src/observability/metrics/prometheus_text.ts";
import { mergeMetrics } from "../../../src/observability/reports/merge_metrics.ts";

Deno.test("mergeMetrics() gives each series its worker, and each heading once", () => {
  const one = '# HELP a Things.\n# TYPE a gauge\na 1\n# HELP b More.\n# TYPE b counter\nb{why="x} y"} 2\n';
  const other = '# HELP a Things.\n# TYPE a gauge\na 3\n# HELP b More.\n# TYPE b counter\nb{why="z"} 4e-7\n';
  assert.equal(
    mergeMetrics([
      { worker: 0, answer: one },
      { worker: 1, missing: "is not running" },
      { worker: 2, answer: other },
    ]),
    `# HELP slimline_worker_up 1 when the worker has answered.
# TYPE slimline_worker_up gauge
slimline_worker_up{worker="0"} 1
slimline_worker_up{worker="1"} 0
slimline_worker_up{worker="2"} 1
# HELP a Things.
# TYPE a gauge
a{worker="0"} 1
a{worker="2"} 3
# HELP b More.
# TYPE b counter
b{worker="0",why="x} y"} 2
b{worker="2",why="z"} 4e-7
`,
  );
});

Deno.test("mergeMetrics() loses no line of a server's own text", () => {
  const metrics = new Metrics();
  metrics.set("rss", 5);
  metrics.count("streamsEnded", "caller_hung_up");
  metrics.observe("loopLag", 0.02);
  const own = prometheusText(metrics);
  const merged = mergeMetrics([{ worker: 7, answer: own }]);
  assert.equal(
    merged.replaceAll('{worker="7"}', "").replaceAll('worker="7",', "").split("\n").slice(3).join("\n"),
    own,
  );
});
