import assert from "node:assert/strict";
import { DescriptorReserve } from "../../src/util/descriptor_reserve.ts";

/** A process that may open `limit` descriptors. */
class Descriptors {
  open = 0;
  opened = 0;
  constructor(public limit: number) {}

  readonly take = () => {
    if (this.open >= this.limit) throw Object.assign(new Error("Too many open files"), { code: "EMFILE" });
    this.open++;
    this.opened++;
    return { close: () => void this.open-- };
  };
}

Deno.test("DescriptorReserve holds its descriptors, and leaves none open that it only counted", () => {
  const process = new Descriptors(20);
  const reserve = new DescriptorReserve(8, process.take, () => 0);
  assert.equal(process.open, 8);
  assert.equal(reserve.countFree(100), 12);
  assert.equal(process.open, 8);
  reserve[Symbol.dispose]();
  assert.equal(process.open, 0);
});

Deno.test("DescriptorReserve tells whether there is room beside the reserve", () => {
  let nowMs = 0;
  const process = new Descriptors(20);
  const reserve = new DescriptorReserve(8, process.take, () => nowMs);
  assert.equal(reserve.hasRoomFor(12), true);
  assert.equal(reserve.hasRoomFor(13), false);
  process.open += 12; // somebody else's
  nowMs += 1_000;
  assert.equal(reserve.hasRoomFor(1), false);
});

Deno.test("DescriptorReserve has no room while it cannot take back what it released", () => {
  const process = new Descriptors(20);
  const reserve = new DescriptorReserve(8, process.take, () => 0);
  reserve.release(3);
  assert.deepEqual([reserve.held, process.open], [5, 5]);
  process.limit = 6;
  assert.equal(reserve.hasRoomFor(1), false);
  assert.equal(reserve.held, 6, "it took what there was");
  reserve.release();
  process.limit = 20;
  assert.equal(reserve.hasRoomFor(1), true);
  assert.equal(reserve.held, 8);
});

Deno.test("DescriptorReserve counts at most every quarter of a second", () => {
  let nowMs = 0;
  const process = new Descriptors(100);
  const reserve = new DescriptorReserve(8, process.take, () => nowMs);
  for (let i = 0; i < 100; i++) reserve.hasRoomFor(6);
  assert.equal(process.opened, 8 + 6);
  nowMs = 300;
  reserve.hasRoomFor(6);
  assert.equal(process.opened, 8 + 12);
});

Deno.test("DescriptorReserve releases nothing while it knows that as many are left, and counts them as taken", () => {
  let nowMs = 0;
  const process = new Descriptors(100);
  const reserve = new DescriptorReserve(8, process.take, () => nowMs);
  reserve.hasRoomFor(6);
  reserve.makeRoom(4);
  assert.equal(reserve.held, 8);
  reserve.makeRoom(4);
  assert.equal(reserve.held, 4, "2 were left of those that had been counted");
  nowMs = 300;
  reserve.hasRoomFor(6);
  assert.equal(reserve.held, 8);
  nowMs = 600;
  reserve.makeRoom(4);
  assert.equal(reserve.held, 4, "the count is old");
});

Deno.test("DescriptorReserve assumes that there is room where it cannot find out", () => {
  const reserve = new DescriptorReserve(8, () => {
    throw new Deno.errors.NotFound("the folder is gone");
  });
  assert.equal(reserve.hasRoomFor(1_000), true);
  assert.equal(reserve.held, 0);
});
