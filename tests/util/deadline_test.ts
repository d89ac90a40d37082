import assert from "node:assert/strict";
import { raced } from "../../src/util/deadline.ts";

Deno.test("raced() waits for nothing once its work is called off, before it or meanwhile", async () => {
  const reason = new Error("It is called off.");
  const never = new Promise<never>(() => {});
  await assert.rejects(raced(never, AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const waiting = raced(never, controller.signal);
  controller.abort(reason);
  await assert.rejects(waiting, reason);
  assert.equal(await raced(Promise.resolve(5), new AbortController().signal), 5);
});
