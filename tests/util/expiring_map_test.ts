import assert from "node:assert/strict";
import { ExpiringMap } from "../../src/util/expiring_map.ts";
import { ManualClock } from "../support/manual_clock.ts";

function mapOf(maxEntries: number, lifetimeMs: number): { map: ExpiringMap<number>; clock: ManualClock } {
  const clock = new ManualClock();
  return { map: new ExpiringMap({ maxEntries, lifetimeMs, nowMs: () => clock.now() }), clock };
}

Deno.test("ExpiringMap drops the oldest entry when full", () => {
  const { map } = mapOf(2, 1000);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3); // now the youngest
  map.set("c", 4);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.size], [3, undefined, 4, 2]);
});

Deno.test("ExpiringMap forgets an entry after its time, which setting it again starts anew", () => {
  const { map, clock } = mapOf(10, 1000);
  map.set("a", 1);
  map.set("b", 2);
  clock.advance(999);
  map.set("a", 3);
  assert.equal(map.size, 2);
  clock.advance(1);
  assert.deepEqual([map.get("a"), map.has("b"), map.size], [3, false, 1]);
  clock.advance(999);
  assert.equal(map.size, 0);
});

Deno.test("ExpiringMap shows nothing of an entry that has expired, whatever is asked first", () => {
  for (
    const ask of [(map: ExpiringMap<number>) => map.get("a"), (map: ExpiringMap<number>) => map.has("a")]
  ) {
    const { map, clock } = mapOf(10, 1000);
    map.set("a", 1);
    clock.advance(1000);
    assert.ok(!ask(map));
  }
});

Deno.test("ExpiringMap.delete() removes an entry, and nothing where there is none", () => {
  const { map } = mapOf(10, 1000);
  map.set("a", 1);
  map.delete("a");
  map.delete("b");
  assert.equal(map.size, 0);
});
