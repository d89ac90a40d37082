import assert from "node:assert/strict";
import { MemoryPressure } from "../../../src/observability/memory/memory_pressure.ts";

Deno.test("MemoryPressure rises with the share of the limit, least costly step first", () => {
  const pressure = new MemoryPressure();
  const seen = [0.1, 0.69, 0.7, 0.79, 0.8, 0.99, 1.2].map((share) => pressure.update(share * 1e9, 1e9));
  assert.deepEqual(seen, ["none", "none", "trim", "trim", "close_idle", "close_idle", "close_idle"]);
});

Deno.test("MemoryPressure goes back only somewhat below where it rose", () => {
  const pressure = new MemoryPressure();
  const seen = [0.8, 0.79, 0.76, 0.74, 0.71, 0.66, 0.64, 0.69].map((share) =>
    pressure.update(share * 1e9, 1e9)
  );
  assert.deepEqual(seen, ["close_idle", "close_idle", "close_idle", "trim", "trim", "trim", "none", "none"]);
  assert.equal(pressure.now, "none");
});

Deno.test("MemoryPressure falls through all steps at once", () => {
  const pressure = new MemoryPressure();
  pressure.update(0.9e9, 1e9);
  assert.equal(pressure.update(0.5e9, 1e9), "none");
});

Deno.test("MemoryPressure is none where no limit is known", () => {
  assert.equal(new MemoryPressure().update(1e12, undefined), "none");
});
