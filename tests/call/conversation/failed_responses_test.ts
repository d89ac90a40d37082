import assert from "node:assert/strict";
import { FailedResponses } from "../../../src/call/conversation/failed_responses.ts";
import { fromApi } from "../../../src/realtime/realtime_error.ts";

const serverError = fromApi({ type: "server_error", code: "server_error" });
const rateLimit = fromApi({ code: "rate_limit_exceeded" });

Deno.test("FailedResponses asks once more after a server error, at once", () => {
  const failures = new FailedResponses();
  assert.deepEqual([failures.failed(serverError), failures.failed(serverError)], [0, undefined]);
  failures.succeeded();
  assert.equal(failures.failed(serverError), 0);
});

Deno.test("FailedResponses waits ever longer where the rate is limited, and gives up at the third time", () => {
  const failures = new FailedResponses();
  const delays = [1, 2, 3].map(() => failures.failed(rateLimit));
  assert.deepEqual(delays, [1_000, 2_000, undefined]);
});

Deno.test("FailedResponses gives up at once what would fail again", () => {
  assert.equal(new FailedResponses().failed(fromApi({ code: "insufficient_quota" })), undefined);
});
