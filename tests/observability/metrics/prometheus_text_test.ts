import assert from "node:assert/strict";
import { METRICS } from "../../../src/observability/metrics/catalogue.ts";
import { Metrics } from "../../../src/observability/metrics/metrics.ts";
import { prometheusText } from "../../../src/observability/metrics/prometheus_text.ts";
import { parseExposition } from "../../support/exposition.ts";

Deno.test("prometheusText() gives every metric its heading, before there is any value", () => {
  const metrics = parseExposition(prometheusText(new Metrics()));
  assert.deepEqual([...metrics.keys()], Object.values(METRICS).map(({ name }) => name));
  for (const { name, type, help } of Object.values(METRICS)) {
    assert.deepEqual([metrics.get(name)!.type, metrics.get(name)!.help], [type, help]);
  }
});

Deno.test("prometheusText() writes counters, gauges and histograms as Prometheus documents them", () => {
  const metrics = new Metrics();
  metrics.set("rss", 52_428_800);
  metrics.count("streamsRefused", "unsigned");
  metrics.count("streamsRefused", "unsigned", 2);
  metrics.count("streamsRefused", 'a "reason"\\\nof two lines');
  for (const seconds of [0.05, 0.2, 0.25, 60]) metrics.observe("turnSent", seconds);
  const text = prometheusText(metrics);
  const block = (name: string) =>
    text.split("\n").filter((line) => line.split(" ").some((word) => word.startsWith(name)));
  assert.deepEqual(block("process_resident_memory_bytes"), [
    "# HELP process_resident_memory_bytes Resident set of the process.",
    "# TYPE process_resident_memory_bytes gauge",
    "process_resident_memory_bytes 52428800",
  ]);
  assert.deepEqual(block("slimline_streams_refused_total").slice(2), [
    'slimline_streams_refused_total{reason="unsigned"} 3',
    'slimline_streams_refused_total{reason="a \\"reason\\"\\\\\\nof two lines"} 1',
  ]);
  assert.deepEqual(block("slimline_turn_sent_seconds").slice(2), [
    'slimline_turn_sent_seconds_bucket{le="0.1"} 1',
    'slimline_turn_sent_seconds_bucket{le="0.2"} 2',
    'slimline_turn_sent_seconds_bucket{le="0.3"} 3',
    ...[0.5, 0.7, 1, 1.5, 2, 3, 5, 10].map((end) => `slimline_turn_sent_seconds_bucket{le="${end}"} 3`),
    'slimline_turn_sent_seconds_bucket{le="+Inf"} 4',
    "slimline_turn_sent_seconds_sum 60.5",
    "slimline_turn_sent_seconds_count 4",
  ]);
  parseExposition(text);
});

Deno.test("prometheusText() has known values of a label at 0, so that the first event is an increase", () => {
  const metrics = new Metrics();
  metrics.count("interruptions", "taken_back");
  const { samples } = parseExposition(prometheusText(metrics)).get("slimline_interruptions_total")!;
  assert.deepEqual(Object.fromEntries(samples), {
    'slimline_interruptions_total{outcome="stands"}': 0,
    'slimline_interruptions_total{outcome="taken_back"}': 1,
  });
});

Deno.test("The catalogue's names follow Prometheus's rules: units at the end, _total for counters", () => {
  const names = Object.values(METRICS).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, type } of Object.values(METRICS)) {
    const base = type === "counter" ? name.replace(/_total$/, "") : name;
    assert.equal(name.endsWith("_total"), type === "counter", name);
    assert.doesNotMatch(base, /(bytes|seconds|usd)(?!$)/, name);
    assert.match(name, /^(slimline|process)_[a-z_]+$/);
  }
});

Deno.test("The parser of the tests refuses what Prometheus's format does not allow", () => {
  const heading = "# HELP a_total Things.\n# TYPE a_total counter\n";
  const histogram = "# HELP h Times.\n# TYPE h histogram\n";
  parseExposition(`${heading}a_total{x="1"} 1\na_total 2.5e-7\n`);
  const wrong = [
    "a_total 1\n",
    "# TYPE a_total counter\n",
    `${heading}a_total 1`,
    `${heading}${heading}`,
    `${heading}b_total 1\n`,
    `${heading}a_total 1\na_total 2\n`,
    `${heading}a_total{x=1} 1\n`,
    `${heading}a_total{x="a"b"} 1\n`,
    `${heading}a_total{x="1",} 1\n`,
    `${heading}a_total one\n`,
    `${heading}a_total undefined\n`,
    `${heading}a_total  1\n`,
    `${heading}\n`,
    `${histogram}h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n`,
    `${histogram}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    `${histogram}h_bucket{le="2"} 1\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    `${histogram}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`,
    `${histogram}h_bucket{le="+Inf"} 1\nh_count 1\n`,
  ];
  for (const text of wrong) assert.throws(() => parseExposition(text), SyntaxError, text);
});
