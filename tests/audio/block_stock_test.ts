import assert from "node:assert/strict";
import { BlockStock, QUEUE_BLOCK_BYTES, SLAB_BLOCKS } from "../../src/audio/block_queue.ts";

const SLAB_BYTES = SLAB_BLOCKS * QUEUE_BLOCK_BYTES;

Deno.test("BlockStock hands out blocks that nobody else has", () => {
  const stock = new BlockStock();
  const blocks = Array.from({ length: 2 * SLAB_BLOCKS + 1 }, () => stock.take(0));
  assert.equal(stock.bytes, 3 * SLAB_BYTES);
  blocks.forEach((block, i) => block.fill(i));
  for (const [i, block] of blocks.entries()) {
    assert.ok(block.length === QUEUE_BLOCK_BYTES && block.every((byte) => byte === i));
  }
});

Deno.test("BlockStock gives memory back to the system as soon as no block of it is in use", () => {
  const stock = new BlockStock();
  const external = () => Deno.memoryUsage().external;
  const before = external();
  const blocks = Array.from({ length: 16 * SLAB_BLOCKS }, () => stock.take(0));
  assert.ok(external() - before >= 16 * SLAB_BYTES);
  const last = blocks.pop()!;
  for (const block of blocks) stock.giveBack(block);
  assert.equal(stock.bytes, SLAB_BYTES);
  assert.ok(external() - before < 2 * SLAB_BYTES, "without a collection");
  stock.giveBack(last);
  assert.equal(stock.bytes, 0);
});

Deno.test("BlockStock fills its oldest slabs first, so that those of a burst become empty", () => {
  const stock = new BlockStock();
  const blocks = Array.from({ length: 3 * SLAB_BLOCKS }, () => stock.take(0));
  const oldest = blocks[0];
  stock.giveBack(blocks[2 * SLAB_BLOCKS]);
  stock.giveBack(oldest);
  assert.equal(stock.take(0).buffer, oldest.buffer);
});

Deno.test("BlockStock puts together what will be heard at the same time, so that its slabs become empty one by one", () => {
  const stock = new BlockStock();
  // As many answers of eight seconds as there are blocks in a slab, which come at once.
  const answers = Array.from({ length: SLAB_BLOCKS }, () => [] as Uint8Array[]);
  for (let ahead = 0; ahead < 16; ahead++) for (const answer of answers) answer.push(stock.take(ahead));
  assert.equal(stock.bytes, 16 * SLAB_BYTES);
  const left: number[] = [];
  for (let heard = 0; heard < 16; heard++) {
    for (const answer of answers) stock.giveBack(answer[heard]);
    left.push(stock.bytes / SLAB_BYTES);
  }
  assert.deepEqual(left, [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
});
