import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import dashboard from "../../deploy/grafana/dashboard.json" with { type: "json" };
import { type MetricDefinition, METRICS } from "../../src/observability/metrics/catalogue.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import { prometheusText } from "../../src/observability/metrics/prometheus_text.ts";
import { mergeMetrics } from "../../src/observability/reports/merge_metrics.ts";
import { deployFile, toolTest } from "../support/deploy_tools.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** A panel as the test reads it; rows have no targets. */
interface Panel {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string };
}

const ALERTS: { groups: { name: string; rules: Rule[] }[] } = parse(deployFile("prometheus/alerts.yml"));
const RULES = ALERTS.groups.flatMap(({ rules }) => rules);
const [, WORKER_UP] = /^# HELP (\w+)/.exec(mergeMetrics([]))!;

const ALL_PANELS: readonly Panel[] = dashboard.panels;
/** The panels that show something, with what they ask for. */
const PANELS = ALL_PANELS.flatMap(({ targets }) =>
  targets === undefined ? [] : [{ exprs: targets.map(({ expr }) => expr) }]
);
const QUESTIONS = [...RULES.map(({ expr }) => expr), ...PANELS.flatMap(({ exprs }) => exprs)];

/** Names of the series that the server has. */
function seriesNames(): Set<string> {
  const names = Object.values<MetricDefinition>(METRICS).flatMap(({ name, type }) =>
    type === "histogram" ? ["bucket", "sum", "count"].map((part) => `${name}_${part}`) : [name]
  );
  return new Set([...names, WORKER_UP]);
}

Deno.test("Every metric that an alert or the dashboard names exists, with the label and value that it asks for", () => {
  const known = seriesNames();
  const definitions = Object.values<MetricDefinition>(METRICS);
  for (const question of QUESTIONS) {
    const names = [...question.matchAll(/\b((?:slimline|process)_\w+)(\{[^}]*\})?/g)];
    assert.ok(names.length > 0 || question.startsWith("up{"), question);
    for (const [, name, selector = ""] of names) {
      assert.ok(known.has(name), `${name} in ${question}`);
      const metric = definitions.find((each) => name.startsWith(each.name));
      for (const [, label, , values] of selector.matchAll(/(\w+)(=~|!~|=)"([^"]*)"/g)) {
        if (label === "job" || label === "instance") continue;
        assert.equal(label, metric?.label, `${name} in ${question}`);
        if (metric?.values === undefined) continue;
        assert.deepEqual(values.split("|").filter((value) => !metric.values!.includes(value)), [], question);
      }
    }
  }
});

/** What the dashboard leaves out, since a panel shows something that says more. */
const NOT_SHOWN = [
  METRICS.rssAnon,
  METRICS.heapTotal,
  METRICS.external,
  METRICS.alarmsRaised,
  METRICS.callsPeak,
  METRICS.callsStarted,
  METRICS.admission,
  METRICS.clusterOperations,
  METRICS.callCost,
  METRICS.kernelSlots,
  METRICS.descriptorsReserved,
  METRICS.services,
].map(({ name }) => name);

Deno.test("The dashboard shows every metric but those that a panel makes needless", () => {
  const shown = PANELS.flatMap(({ exprs }) => exprs).join("\n");
  const isShown = (name: string) => new RegExp(`\\b${name}(?:_bucket)?\\{`).test(shown);
  assert.deepEqual(
    Object.values(METRICS).map(({ name }) => name).filter((name) => !isShown(name)),
    NOT_SHOWN,
  );
});

Deno.test("The dashboard's panels have ids of their own and do not overlap, and alerts say what to do", () => {
  const ids = ALL_PANELS.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  const boxes = ALL_PANELS.map(({ gridPos }) => gridPos);
  for (const [index, a] of boxes.entries()) {
    assert.ok(a.x + a.w <= 24, "within the width");
    for (const b of boxes.slice(index + 1)) {
      const isApart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
      assert.ok(isApart, JSON.stringify([a, b]));
    }
  }
  for (const { alert, labels, annotations } of RULES) {
    assert.match(labels.severity, /^(?:page|ticket)$/, alert);
    assert.ok(annotations.summary.length > 20, alert);
  }
});

toolTest(
  "promtool",
  "deploy/prometheus is what Prometheus takes, and its alerts are raised when they should",
  async (run) => {
    for (
      const args of [
        ["check", "rules", "--lint-fatal", "deploy/prometheus/alerts.yml"],
        ["check", "config", "--syntax-only", "deploy/prometheus/prometheus.yml"],
        ["test", "rules", "deploy/prometheus/alerts_test.yml"],
      ]
    ) {
      const { code, stdout, stderr } = await run(...args);
      assert.equal(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
    }
  },
);

toolTest("promtool", "promtool finds nothing to say about the server's metrics", async () => {
  const metrics = new Metrics();
  metrics.set("rss", 52_428_800);
  metrics.set("admission", { open: 1 });
  metrics.count("streamsRefused", "unsigned");
  metrics.observe("turnPlayed", 0.7);
  using temp = new TempFolder();
  for (
    const [name, text] of [
      ["one", prometheusText(metrics)],
      ["workers", mergeMetrics([{ worker: 0, answer: prometheusText(metrics) }])],
    ]
  ) {
    const path = temp.write(name, text);
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", 'exec promtool check metrics <"$1"', "bash", path],
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.deepEqual([code, said], [0, ""]);
  }
});

toolTest("promtool", "what the dashboard asks Prometheus for is PromQL", async (run) => {
  const exprs = PANELS.flatMap(({ exprs }) => exprs)
    .map((expr) => expr.replaceAll("$__rate_interval", "5m").replaceAll("$instance", ".*"));
  assert.deepEqual(exprs.filter((expr) => expr.includes("$")), []);
  using temp = new TempFolder();
  const rules = exprs.map((expr, index) => ({ record: `panel:${index}`, expr }));
  const path = temp.write("panels.yml", stringify({ groups: [{ name: "panels", rules }] }));
  const { code, stderr } = await run("check", "rules", path);
  assert.equal(code, 0, stderr);
});

toolTest(
  "promtool",
  "deploy/prometheus/alerts_test.yml notices each alert that is never raised",
  async (run) => {
    using temp = new TempFolder();
    temp.write("alerts_test.yml", deployFile("prometheus/alerts_test.yml"));
    for (const { alert } of RULES) {
      const groups = ALERTS.groups.map(({ name, rules }) => ({
        name,
        rules: rules.map((rule) => rule.alert === alert ? { ...rule, expr: "vector(0) > 1" } : rule),
      }));
      temp.write("alerts.yml", stringify({ groups }));
      const { code } = await run("test", "rules", `${temp.path}/alerts_test.yml`);
      assert.notEqual(code, 0, `${alert} is not tested`);
    }
  },
);
