import assert from "node:assert/strict";
import fc from "fast-check";
import { TopK } from "../../src/knowledge/top_k.ts";

Deno.test("TopK holds what sorting all of them and taking the first would give", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.integer({ min: 1, max: 5 }), (scores, limit) => {
      const best = new TopK<number>(limit);
      for (const [item, score] of scores.entries()) best.add(item, score);
      const sorted = scores.map((score, item) => ({ item, score })).sort((a, b) => b.score - a.score);
      assert.deepEqual(best.ranked(), sorted.slice(0, limit));
    }),
  );
});

Deno.test("TopK leaves out what has no score", () => {
  const best = new TopK<string>(2);
  best.add("other dimensions", NaN);
  assert.deepEqual(best.ranked(), []);
});
