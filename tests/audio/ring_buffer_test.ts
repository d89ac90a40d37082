import assert from "node:assert/strict";
import fc from "fast-check";
import { RingBuffer } from "../../src/audio/ring_buffer.ts";

const bytesOf = (...values: number[]) => Uint8Array.of(...values);

function readAll(ring: RingBuffer): number[] {
  const target = new Uint8Array(ring.length);
  ring.read(target);
  return [...target];
}

Deno.test("RingBuffer gives bytes back in order", () => {
  const ring = new RingBuffer({ maxBytes: 8 });
  assert.equal(ring.write(bytesOf(1, 2, 3)), 0);
  assert.equal(ring.write(bytesOf(4)), 0);
  const target = new Uint8Array(2);
  assert.equal(ring.read(target), 2);
  assert.deepEqual([...target], [1, 2]);
  assert.equal(ring.read(new Uint8Array(9)), 2);
  assert.equal(ring.length, 0);
});

Deno.test("RingBuffer drops the oldest bytes when full", () => {
  const ring = new RingBuffer({ maxBytes: 4 });
  ring.write(bytesOf(1, 2, 3));
  assert.equal(ring.write(bytesOf(4, 5)), 1);
  assert.deepEqual(readAll(ring), [2, 3, 4, 5]);
});

Deno.test("RingBuffer keeps the end of a write that is longer than itself", () => {
  const ring = new RingBuffer({ maxBytes: 3 });
  ring.write(bytesOf(1));
  assert.equal(ring.write(bytesOf(2, 3, 4, 5, 6)), 3);
  assert.deepEqual(readAll(ring), [4, 5, 6]);
});

Deno.test("RingBuffer holds no memory before the first write, doubles up to its cap and shrinks when empty", () => {
  const ring = new RingBuffer({ initialBytes: 4, maxBytes: 13 });
  assert.equal(ring.capacity, 0);
  const capacities = Array.from({ length: 14 }, () => (ring.write(bytesOf(1)), ring.capacity));
  assert.deepEqual(capacities, [4, 4, 4, 4, 8, 8, 8, 8, 13, 13, 13, 13, 13, 13]);
  ring.read(new Uint8Array(12));
  assert.equal(ring.capacity, 13);
  ring.read(new Uint8Array(1));
  assert.equal(ring.capacity, 0);
});

Deno.test("RingBuffer allocates no more than a write needs that fits exactly", () => {
  const ring = new RingBuffer({ initialBytes: 4, maxBytes: 64 });
  ring.write(new Uint8Array(8));
  assert.equal(ring.capacity, 8);
});

Deno.test("RingBuffer keeps its small allocation while it empties and fills, and none once it is cleared", () => {
  const ring = new RingBuffer({ initialBytes: 4, maxBytes: 16 });
  ring.write(bytesOf(1, 2));
  readAll(ring);
  assert.equal(ring.capacity, 4);
  ring.clear();
  assert.equal(ring.capacity, 0);
});

Deno.test("RingBuffer has room again for what is read or cleared", () => {
  const ring = new RingBuffer({ maxBytes: 8 });
  ring.write(bytesOf(1, 2, 3, 4));
  ring.read(new Uint8Array(1));
  assert.equal(ring.length, 3);
  assert.equal(ring.write(bytesOf(5, 6, 7, 8, 9)), 0);
  ring.clear();
  assert.equal(ring.length, 0);
  assert.equal(ring.write(bytesOf(1, 2, 3, 4, 5, 6, 7, 8)), 0);
});

Deno.test("RingBuffer does what an array would do, whatever the order of operations", () => {
  const operation = fc.oneof(
    fc.record({ kind: fc.constant("write" as const), bytes: fc.uint8Array({ maxLength: 30 }) }),
    fc.record({ kind: fc.constant("read" as const), count: fc.nat(30) }),
    fc.record({ kind: fc.constant("clear" as const) }),
    fc.record({ kind: fc.constant("trim" as const) }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(operation, { maxLength: 60, size: "max" }),
      (maxBytes, operations) => {
        const ring = new RingBuffer({ initialBytes: 4, maxBytes });
        let model: number[] = [];
        for (const operation of operations) {
          if (operation.kind === "write") {
            model.push(...operation.bytes);
            const dropped = Math.max(0, model.length - maxBytes);
            model = model.slice(dropped);
            assert.equal(ring.write(operation.bytes), dropped);
          } else if (operation.kind === "read") {
            const target = new Uint8Array(operation.count);
            const count = ring.read(target);
            assert.deepEqual([...target.subarray(0, count)], model.splice(0, operation.count));
          } else if (operation.kind === "trim") {
            const before = ring.capacity;
            assert.equal(ring.trim(), before - model.length);
            assert.equal(ring.capacity, model.length);
          } else {
            ring.clear();
            model = [];
          }
          assert.equal(ring.length, model.length);
          assert.ok(ring.capacity <= maxBytes && ring.capacity >= ring.length);
        }
        assert.deepEqual(readAll(ring), model);
      },
    ),
  );
});
