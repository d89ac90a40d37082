import assert from "node:assert/strict";
import { keptLoad } from "../../src/util/kept_load.ts";

Deno.test("keptLoad() loads once for all who wait, keeps it, and tries again after a failure", async () => {
  let loads = 0;
  const use = keptLoad(async () => {
    if (++loads === 1) await Promise.reject(new Error("too many open files"));
    return loads;
  });
  const first = await Promise.allSettled([use(), use()]);
  assert.deepEqual(first.map(({ status }) => status), ["rejected", "rejected"]);
  assert.equal(loads, 1);
  assert.deepEqual([...await Promise.all([use(), use()]), await use()], [2, 2, 2]);
});
