import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { meanSimilarity, toVector } from "../../src/knowledge/vector.ts";

Deno.test("toVector() reads bytes wherever they lie, also those of a Node buffer", () => {
  const memory = new ArrayBuffer(17);
  new Uint8Array(memory, 1).set(new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
  assert.deepEqual([...toVector(Buffer.from(memory, 1, 16))], [1, 2, 3, 4]);
  assert.deepEqual([...toVector(new Uint8Array(memory, 1, 16))], [1, 2, 3, 4]);
});

Deno.test("meanSimilarity() is the mean cosine of all pairs, and unknown of two", () => {
  const [x, y] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
  assert.equal(meanSimilarity([x, y]), undefined);
  assert.equal(meanSimilarity([x, x, y]), 1 / 3);
});
