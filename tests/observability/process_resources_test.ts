import assert from "node:assert/strict";
import { machineMemory, memoryLimit } from "../../src/observability/process_resources.ts";

Deno.test("memoryLimit() is what was configured, where machine and control group have more", () => {
  assert.equal(memoryLimit(64 * 1024 * 1024), 64 * 1024 * 1024);
});

Deno.test("memoryLimit() is never more than the machine has", () => {
  const total = machineMemory()?.total;
  assert.ok(total !== undefined && total > 0);
  const limit = memoryLimit(Number.MAX_SAFE_INTEGER);
  assert.ok(limit !== undefined && limit > 0 && limit <= total);
  assert.equal(memoryLimit(), limit);
});

Deno.test("machineMemory() says that less is left than there is", () => {
  const memory = machineMemory();
  assert.ok(memory && memory.available > 0 && memory.available <= memory.total);
});
