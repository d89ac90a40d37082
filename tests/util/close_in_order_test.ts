import assert from "node:assert/strict";
import { closeInOrder } from "../../src/util/close_in_order.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";

Deno.test("closeInOrder() goes on where something throws, rejects or never closes", async () => {
  const clock = new ManualClock();
  const closed: string[] = [];
  const troubles: string[] = [];
  let isDone = false;
  const done = closeInOrder([
    ["throws", () => {
      throw new Error("no");
    }],
    ["rejects", () => Promise.reject(new Error("never"))],
    ["hangs", () => new Promise(() => {})],
    ["last", () => closed.push("last")],
  ], { clock, stepMs: 1_000, onTrouble: (name, message) => troubles.push(`${name}: ${message}`) })
    .then(() => isDone = true);
  await settle();
  assert.equal(isDone, false);
  clock.advance(1_000);
  await done;
  assert.deepEqual(closed, ["last"]);
  assert.deepEqual(troubles, ["throws: no", "rejects: never", "hangs: did not close within 1000 ms"]);
});
