import assert from "node:assert/strict";
import fc from "fast-check";
import { slotShare } from "../../src/cluster/mongo/slot_share.ts";

const NOBODY = new Map<string, number>();
const all = ["a", "b", "c"];

Deno.test("Shares are even, and the first instances have one of the rest each", () => {
  const shares = (most: number) => all.map((self) => slotShare({ self, most, view: all, held: NOBODY }));
  assert.deepEqual(shares(10), [4, 3, 3]);
  assert.deepEqual(shares(11), [4, 4, 3]);
  assert.deepEqual(shares(12), [4, 4, 4]);
  assert.deepEqual(shares(2), [1, 1, 0]);
});

Deno.test("An instance that has not been there for long, or is in none of the views, has no share", () => {
  assert.equal(slotShare({ self: "a", most: 10, view: [], held: NOBODY }), 0);
  assert.equal(slotShare({ self: "d", most: 10, view: all, held: NOBODY }), 0);
});

Deno.test("What others have beyond their parts is taken off, what they have within them is not", () => {
  const share = (held: [string, number][]) =>
    slotShare({ self: "a", most: 10, view: all, held: new Map(held) });
  assert.equal(share([["b", 3], ["c", 3]]), 4);
  assert.equal(share([["b", 4], ["c", 3]]), 3);
  assert.equal(share([["b", 5], ["c", 4]]), 1);
  assert.equal(share([["b", 9]]), 0);
  assert.equal(share([["a", 7]]), 4);
  assert.equal(share([["gone", 7]]), 4);
});

Deno.test("All shares together are no more than there is, whoever else each instance has seen beside those that give", () => {
  const ids = ["a", "b", "c", "d", "e", "f", "g"];
  const view = fc.subarray(ids);
  fc.assert(
    fc.property(fc.nat(40), view, fc.array(view, { minLength: 7, maxLength: 7 }), (most, giving, seen) => {
      const shares = giving.map((self, index) =>
        slotShare({ self, most, view: [...new Set([...giving, ...seen[index]])].sort(), held: NOBODY })
      );
      assert.ok(shares.reduce((sum, share) => sum + share, 0) <= most);
    }),
  );
});

Deno.test("Whoever gives no more than its share alone adds nothing beyond the limit to what there is", () => {
  const counts = fc.array(fc.nat(12), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), counts, (most, given) => {
      let left = most;
      const held = new Map(all.map((id, index) => {
        const slots = Math.min(left, given[index]);
        left -= slots;
        return [id, slots];
      }));
      const then = all.map((self) => Math.max(held.get(self)!, slotShare({ self, most, view: all, held })));
      assert.ok(then.reduce((sum, slots) => sum + slots) <= most, `${[...held.values()]} became ${then}`);
    }),
  );
});
