import assert from "node:assert/strict";
import { describeCapacity } from "../../../src/lab/capacity/capacity_command.ts";
import { capacityChart } from "../../../src/lab/capacity/capacity_chart.ts";
import { scale } from "../../../src/lab/load/line_chart.ts";
import { megabytes } from "../../../src/lab/load/text_table.ts";
import { costLines, fitLines, plotLines, tableLines } from "../../../src/lab/capacity/capacity_table.ts";
import { goodStep, LAG, MB, report } from "./report_rig.ts";

Deno.test("tableLines() gives a row a step under a head of the same width", () => {
  const lines = tableLines([
    goodStep({ calls: 1 }),
    goodStep({ calls: 100, answerMs: { p50: null, p99: null } }),
  ]);
  assert.equal(lines.length, 3);
  assert.equal(new Set(lines.map(({ length }) => length)).size, 1);
  assert.match(
    lines[1],
    /^ +1 +1 +66\.5 +25\.0 +8\.0 +1\.0 +100 +80 +2 +5\.0 +0\.0020 +2\.0 +2\/4 +40\/60 +20\/25 /,
  );
  assert.match(lines[2], / - /);
});

Deno.test("tableLines() shows a dash for what the system did not tell", () => {
  const unknown = {
    rssAnon: null,
    rssAnonPerCall: null,
    cpuPerCall: null,
    setUpMs: null,
    ledgerPerCall: null,
  };
  const [, line] = tableLines([
    goodStep({ ...unknown, after: { ...goodStep().after, rss: MB, rssAnon: null } }),
  ]);
  assert.equal(line.match(/ -( |$)/g)?.length, 6);
});

Deno.test("costLines() tells three numbers of the largest load that was held", () => {
  const steps = [
    goodStep(),
    goodStep({ calls: 20, setUpMs: 4.26, cpuPerCall: 0.00189 }),
    goodStep({ calls: 30 }),
  ];
  assert.deepEqual(costLines({ steps, stopped: "A frame came 90 ms late." }), [
    "A call costs 4.3 ms of a core to set up, 0.0019 of a core from then on, and 80 KB of anonymous memory " +
    "(at 20 calls, the most that were held).",
  ]);
  assert.match(
    costLines({ steps: [goodStep({ rssAnonPerCall: null })], stopped: null })[0],
    /100 KB resident/,
  );
  assert.deepEqual(costLines({ steps: [goodStep()], stopped: "It was late." }), []);
  assert.deepEqual(costLines({ steps: [goodStep({ setUpMs: null })], stopped: null }), []);
});

Deno.test("plotLines() draws memory to scale, the anonymous part of it dark", () => {
  const lines = plotLines(report({ steps: [goodStep({ calls: 50, rss: 120 * MB, rssAnon: 80 * MB })] }));
  assert.deepEqual(lines, [
    `    idle  ${"█".repeat(10)}${"░".repeat(20)} 60.0 MB`,
    `50 calls  ${"█".repeat(40)}${"░".repeat(20)} 120.0 MB`,
  ]);
});

Deno.test("fitLines() tells a floor from a limit", () => {
  const lines = fitLines({ steps: [goodStep(), goodStep({ calls: 20, rss: 600 * MB })], stopped: null });
  assert.equal(lines[0], "512 MB: 10 calls (66.5 MB resident); the next step measured did not pass.");
  assert.equal(lines[1], "  1 GB: 20 calls or more (600.0 MB resident); no larger step was measured.");
});

Deno.test("describeCapacity() tells why it stopped, and which process was too busy", () => {
  const busy = goodStep({ callersLag: { ...LAG, p99Ms: 30 } });
  const text = describeCapacity(report({ steps: [busy], stopped: "A frame came 90 ms late." }));
  assert.match(text, /At 10 calls the callers' process itself ran 30 ms late/);
  assert.match(text, /\nStopped: A frame came 90 ms late\.$/);
  const repeated = ["A frame came 70 ms late."];
  assert.match(describeCapacity(report({ repeated })), /once more, and then good: A frame came 70 ms late\./);
  assert.match(describeCapacity(report()), /All steps were taken, no limit was reached\.$/);
});

Deno.test("capacityChart() draws the last round of each step, for light and dark themes", () => {
  const svg = capacityChart(report());
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 920 340"/);
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.match(svg, /<desc id="d">10 calls in 67\.0 MB resident, 60\.0 MB idle\.<\/desc>/);
  assert.equal(svg.match(/<polyline /g)?.length, 5);
  // memory of the idle server, of 1 call and of 10; and the answers of 1 and of 10
  assert.equal(svg.match(/<circle class="c0"/g)?.length, 3 + 2);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|null/);
});

Deno.test("capacityChart() leaves out what is unknown, and escapes what it is told", () => {
  const steps = [goodStep({ rssAnon: null, cpuPerCall: null })];
  const idle = { ...report().idle, rssAnon: null };
  const svg = capacityChart(report({ steps, idle, resampler: "<a&b>" }));
  assert.match(svg, /&lt;a&amp;b&gt;/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|null/);
  assert.doesNotMatch(capacityChart(report({ steps: [] })), /NaN|Infinity/);
});

Deno.test("scale() makes an axis of round steps that holds the largest value", () => {
  assert.deepEqual(scale(100), [20, 100]);
  assert.deepEqual(scale(86.4), [20, 100]);
  assert.deepEqual(scale(1), [0.2, 1]);
  assert.deepEqual(scale(0.36), [0.1, 0.4]);
});

Deno.test("megabytes() counts in 2^20 bytes", () => {
  assert.deepEqual([megabytes(1.5 * MB), megabytes(null)], ["1.5", "-"]);
});

Deno.test("describeCapacity() computes for a fleet only what was held, and says that it is computed", () => {
  const steps = [10, 50, 100].map((calls) => goodStep({ calls }));
  const stopped = "A frame came 90 ms late.";
  assert.doesNotMatch(describeCapacity(report({ steps })), /instances/);
  assert.match(
    describeCapacity(report({ steps, stopped, instances: 4 })),
    /Computed, not measured: 4 instances like this one hold 200 calls at once, and 150 while one of them is replaced\./,
  );
  assert.match(
    describeCapacity(report({ steps, instances: 4 })),
    /hold 400 calls at once, .*\n.*calls of 3 minutes .* some 11 reads and 15 writes a second/,
  );
  assert.doesNotMatch(describeCapacity(report({ steps: [goodStep()], stopped, instances: 4 })), /Computed/);
});
