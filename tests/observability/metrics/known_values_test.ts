import assert from "node:assert/strict";
import type { OperatorAction } from "../../../src/call/call_actions.ts";
import type { CallEnd, CallLimit } from "../../../src/call/call_summary.ts";
import type { ToolOutcome } from "../../../src/call/tools/tool.ts";
import { type MetricDefinition, METRICS } from "../../../src/observability/metrics/catalogue.ts";

/** The catalogue lies below the parts that count: that it knows each of their values is held here, by the types. */
const KNOWN = {
  streamsEnded: METRICS.streamsEnded.values! satisfies readonly CallEnd[],
  toolCalls: METRICS.toolCalls.values! satisfies readonly ToolOutcome[],
  limitsReached: METRICS.limitsReached.values! satisfies readonly CallLimit[],
  operatorActions: METRICS.operatorActions.values! satisfies readonly OperatorAction["action"][],
};
type Known = { [Id in keyof typeof KNOWN]: (typeof KNOWN)[Id][number] };
type Missing =
  | Exclude<CallEnd, Known["streamsEnded"]>
  | Exclude<ToolOutcome, Known["toolCalls"]>
  | Exclude<CallLimit, Known["limitsReached"]>
  | Exclude<OperatorAction["action"], Known["operatorActions"]>;

Deno.test("The catalogue knows every value of the labels that the types of a call list", () => {
  const missing: Missing[] = [] satisfies never[];
  const isNothingMissing: [Missing] extends [never] ? true : false = true;
  assert.ok(isNothingMissing && missing.length === 0);
});

Deno.test("docs/operations.md names every known value of a label, and the page of endings every end of a call", async () => {
  const page = await Deno.readTextFile("docs/operations.md");
  for (const { name, values = [] } of Object.values<MetricDefinition>(METRICS)) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``))!;
    assert.deepEqual(values.filter((value) => !row.includes(`\`${value}\``)), [], name);
  }
  const architecture = await Deno.readTextFile("docs/architecture.md");
  const section = architecture.split("## How a call can end")[1].split("\n## ")[0];
  const listed = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, reason]) => reason);
  const onlyInRecords = ["server_died"];
  assert.deepEqual(listed.sort(), [...METRICS.streamsEnded.values!, ...onlyInRecords].sort());
});
