import assert from "node:assert/strict";
import { loggedParties } from "../../src/call/call_summary.ts";
import { redact } from "../../src/observability/redaction/redact_attributes.ts";

Deno.test("loggedParties() names the business's number apart, so that only the far party is masked in the log", () => {
  const [caller, business] = ["+15550100001", "+15550100000"];
  assert.deepEqual(redact(loggedParties({ from: caller, to: business })), {
    from: "…01",
    businessNumber: business,
  });
  assert.deepEqual(redact(loggedParties({ from: business, to: caller, isOutbound: true })), {
    to: "…01",
    businessNumber: business,
  });
});
