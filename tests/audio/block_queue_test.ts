import assert from "node:assert/strict";
import fc from "fast-check";
import {
  BlockQueue,
  blockStock,
  QUEUE_BLOCK_BYTES as BLOCK,
  SLAB_BLOCKS,
} from "../../src/audio/block_queue.ts";

Deno.test("BlockQueue does what an array would do, whatever the order of operations", () => {
  const length = fc.integer({ min: 0, max: 3 * BLOCK });
  const operation = fc.record({
    kind: fc.constantFrom("write", "write", "peek", "discard", "cut", "clear"),
    length,
    offset: length,
  });
  let next = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 * BLOCK }),
      fc.array(operation, { maxLength: 25, size: "max" }),
      (maxBytes, operations) => {
        const queue = new BlockQueue(maxBytes);
        let model: number[] = [];
        for (const { kind, length, offset } of operations) {
          if (kind === "write") {
            const bytes = Uint8Array.from({ length }, () => next = (next + 7) % 251);
            model.push(...bytes);
            const dropped = Math.max(0, model.length - maxBytes);
            model = model.slice(dropped);
            assert.equal(queue.write(bytes), dropped);
          } else if (kind === "peek") {
            const target = new Uint8Array(length);
            const count = queue.peek(target, offset);
            assert.deepEqual([...target.subarray(0, count)], model.slice(offset, offset + length));
          } else if (kind === "discard") {
            queue.discard(length);
            model = model.slice(length);
          } else if (kind === "cut") {
            queue.cut(length);
            model = model.slice(0, length);
          } else {
            queue.clear();
            model = [];
          }
          assert.equal(queue.length, model.length);
          const spare = queue.capacity - queue.length;
          assert.ok(
            model.length === 0 ? spare === 0 : spare >= 0 && spare < 2 * BLOCK,
            `${spare} bytes too many`,
          );
        }
        const all = new Uint8Array(queue.length);
        queue.peek(all, 0);
        assert.deepEqual([...all], model);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("BlockQueue takes what another has finished with", () => {
  const before = blockStock.bytes;
  const first = new BlockQueue(SLAB_BLOCKS * BLOCK);
  first.write(new Uint8Array(SLAB_BLOCKS * BLOCK));
  const full = blockStock.bytes;
  first.discard(2 * BLOCK);
  assert.equal(first.capacity, (SLAB_BLOCKS - 2) * BLOCK);
  const second = new BlockQueue(8 * BLOCK);
  second.write(new Uint8Array(2 * BLOCK));
  assert.equal(blockStock.bytes, full);
  second.clear();
  first.clear();
  assert.equal(blockStock.bytes, before);
});
