import assert from "node:assert/strict";
import { Admission } from "../../src/admission/admission.ts";
import { PATHS } from "../../src/carrier/twilio/webhook_urls.ts";
import { type MetricDefinition, METRICS } from "../../src/observability/metrics/catalogue.ts";
import { mergeMetrics } from "../../src/observability/reports/merge_metrics.ts";

const ROOT = new URL("../../", import.meta.url);
const page = await Deno.readTextFile(new URL("docs/operations.md", ROOT));

/** The rows of the tables below a heading, as cells without the header. */
function rowsBelow(heading: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading));
  assert.ok(section, `There is a section ${heading}.`);
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.map((row) => row.slice(1, -1).split("|").map((cell) => cell.trim()))
    .filter((cells, index) => index > 0 && !/^-+$/.test(cells[0]));
}

/** What stands between backticks. */
function codes(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
}

/** The text of each source of the server. */
async function sources(folder = "src"): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory && path !== "src/lab") texts.push(...await sources(path));
    else if (name.endsWith(".ts")) texts.push(await Deno.readTextFile(new URL(path, ROOT)));
  }
  return texts;
}

Deno.test("docs/operations.md lists every metric with its type, unit and label, and no other", () => {
  const rows = rowsBelow("Metrics").map(([name, type, unit, label]) => ({
    name: codes(name)[0],
    type,
    unit,
    label: codes(label)[0],
  }));
  const known = Object.values<MetricDefinition>(METRICS).map(({ name, type, label }) => ({
    name,
    type: type as string,
    unit: /_(bytes|seconds|usd)(?:_total)?$/.exec(name)?.[1] ?? "count",
    label,
  }));
  const [, ofWorkers] = /^# HELP (\w+)/.exec(mergeMetrics([])) ?? [];
  known.push({ name: ofWorkers, type: "gauge", unit: "count", label: "worker" });
  assert.deepEqual(rows, known);
});

/** Where an event is logged: by a log, or by `requestLog(…)`. */
const WRITES = /[lL]og(?:\([^()]*\))?\.(info|warn|error)\(\s*"([a-z_]+)"/g;

Deno.test("docs/operations.md names log events as the sources write them, and each error", async () => {
  const written = new Map<string, string>();
  for (const source of await sources()) {
    for (const [, level, event] of source.matchAll(WRITES)) {
      written.set(event, level === "warn" ? "warning" : level);
    }
  }
  const listed = rowsBelow("Log events").flatMap(([events, level]) =>
    codes(events).map((event) => [event, level] as const)
  );
  assert.deepEqual(listed.filter(([event, level]) => written.get(event) !== level), []);
  const names = new Set(listed.map(([event]) => event));
  const errors = [...written].filter(([, level]) => level === "error").map(([event]) => event);
  assert.deepEqual(errors.filter((event) => !names.has(event)), []);
});

Deno.test("docs/operations.md lists every reason for refusing a call, and no other", () => {
  const listed = rowsBelow("Admission").map(([reason]) => codes(reason)[0]);
  assert.deepEqual(listed.sort(), Object.keys(new Admission(1, () => 0).state.refused).sort());
});

Deno.test("docs/operations.md lists every endpoint, and no other", async () => {
  const text = (await sources()).join("\n");
  const routes = [...text.matchAll(/"((?:GET|POST) \/[a-z/*-]+)":/g)].map(([, route]) =>
    route.replace("*", "CALLSID")
  );
  const { stream, check, ...webhooks } = PATHS;
  routes.push(`GET ${stream}/…`, `GET ${check}`, ...Object.values(webhooks).map((path) => `POST ${path}`));
  const listed = rowsBelow("Endpoints").map(([endpoint]) => codes(endpoint)[0]);
  assert.deepEqual(listed.sort(), [...new Set(routes)].sort());
});
