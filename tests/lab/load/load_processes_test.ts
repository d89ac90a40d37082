import assert from "node:assert/strict";
import { corePlan, pin } from "../../../src/lab/load/load_processes.ts";
import { ProcessError } from "../../../src/cli/self.ts";

Deno.test("corePlan() keeps callers and model off the server's core where there is another", () => {
  assert.deepEqual(corePlan(0, 2), { server: "0", helpers: "1" });
  assert.deepEqual(corePlan(2, 4), { server: "2", helpers: "0,1,3" });
  assert.deepEqual(corePlan(0, 1), { server: "0", helpers: "0" });
});

Deno.test("pin() says what it takes where it may not run taskset", async () => {
  await assert.rejects(pin(Deno.pid, "0"), (error) => {
    assert.ok(error instanceof ProcessError);
    assert.match(error.message, /taskset of util-linux/);
    return true;
  });
});
