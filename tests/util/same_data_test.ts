import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { sameData } from "../../src/util/same_data.ts";

Deno.test("sameData() compares deeply, whatever the order of properties", () => {
  assert.ok(sameData({ a: [1, { b: null }], c: NaN }, { c: NaN, a: [1, { b: null }] }));
  assert.ok(!sameData({ a: [1, { b: null }] }, { a: [1, { b: undefined }] }));
  assert.ok(!sameData({ a: undefined }, { b: undefined }));
  assert.ok(!sameData([], {}));
  assert.ok(!sameData(null, {}));
  assert.ok(!sameData([1, 2], [1]));
});

Deno.test("sameData() says what isDeepStrictEqual() of node:util says", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (one, other) => {
    assert.equal(sameData(one, other), isDeepStrictEqual(one, other));
    assert.ok(sameData(one, structuredClone(one)));
  }));
});
