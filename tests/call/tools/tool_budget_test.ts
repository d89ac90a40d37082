import assert from "node:assert/strict";
import { ToolBudget } from "../../../src/call/tools/tool_budget.ts";
import { functionCall } from "./tool_bench.ts";

const take = (budget: ToolBudget, responseId: string) =>
  budget.take({ ...functionCall("look_up"), responseId })?.message;

Deno.test("ToolBudget lets so many calls of a turn run, then tells the model to answer", () => {
  const budget = new ToolBudget({ callsPerTurn: 2, callsPerCall: 5 });
  assert.deepEqual([take(budget, "r1"), take(budget, "r2")], [undefined, undefined]);
  assert.ok(budget.isSpent);
  assert.match(take(budget, "r3")!, /2 tools since the caller spoke.*Call no more tools/);
  assert.ok(!budget.isOverrun);
  budget.turnBegan();
  assert.ok(!budget.isSpent);
  assert.deepEqual([take(budget, "r4"), take(budget, "r5")], [undefined, undefined]);
  budget.turnBegan();
  assert.match(take(budget, "r6")!, /5 tool calls of this telephone call/);
});

Deno.test("ToolBudget gives a model up that goes on in a third response, however many calls are in each", () => {
  const budget = new ToolBudget({ callsPerTurn: 1, callsPerCall: 100 });
  take(budget, "r1");
  for (const response of ["r2", "r2", "r2", "r3"]) take(budget, response);
  assert.ok(!budget.isOverrun);
  take(budget, "r4");
  assert.ok(budget.isOverrun);
});

Deno.test("ToolBudget counts on where the call has left its earlier stream", () => {
  const budget = new ToolBudget({ callsPerTurn: 10, callsPerCall: 5 }, 5);
  assert.ok(budget.isSpent);
  assert.equal(budget.calls, 5);
});
