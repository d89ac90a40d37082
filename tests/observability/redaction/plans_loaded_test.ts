import assert from "node:assert/strict";
import { NumberPlans, numberPlans } from "../../../src/observability/redaction/number_plans.ts";

Deno.test("Numbering plans that could not be loaded are loaded the next time, and then kept", async () => {
  const { load } = NumberPlans;
  const failure = new Error("Too many open files (os error 24)");
  NumberPlans.load = () => Promise.reject(failure);
  await assert.rejects(numberPlans(), failure);
  NumberPlans.load = load;
  const plans = await numberPlans();
  assert.equal(plans.fit("4155550123", "US"), "plain");
  assert.equal(await numberPlans(), plans);
});
