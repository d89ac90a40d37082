// One slot per call, at SLOTS + index * slotBytes:
//
//   0   u32  handle of the call that owns the slot, or that will own it next
//   4   u32  while free: index + 1 of the next free slot, 0 at the end of the list
//   8   u32  bytes of an incomplete triple of samples going down, 0 to 5
//   12  u32  1 once audio has gone down since the filter was new
//   16       the last taps / 3 mu-law bytes that went up
//   16 + taps / 3  the last 2 * taps bytes of PCM16 that went down

import { SLOTS } from "./layout";

/** What every function answers when the handle is not that of an open slot. */
export const BAD_HANDLE: i32 = -1;
/** `open` when memory cannot grow or all indexes are taken. */
export const OUT_OF_MEMORY: i32 = -2;

const HEADER_BYTES: usize = 16;
const PAGE_BYTES: usize = 65536;
const INDEX_MASK: u32 = 0xffff;
const GENERATION_STEP: u32 = 0x10000;
/** Keeps handles positive: 15 bits of generation over 16 bits of index. */
const HANDLE_MASK: u32 = 0x7fffffff;
const MU_LAW_SILENCE: u8 = 0xff;
/**
 * One sample of silence goes first: with it, up and down together delay by a whole number of 8 kHz samples.
 */
const PENDING_WHEN_NEW: u32 = 2;

/** Taps of the filter at 24 kHz. */
export let taps: usize = 0;
/** Taps of one branch at 8 kHz, and bytes of upward history. */
export let upTaps: usize = 0;
/** Bytes of downward history. */
export let downHistoryBytes: usize = 0;
export let slotBytes: usize = 0;

let slotCount: u32 = 0;
let firstFree: u32 = 0;

/** Sets the length of both filters: 48, 96 or 144. Once, before the first slot. */
export function configureSlots(tapCount: usize): void {
  taps = tapCount;
  upTaps = tapCount / 3;
  downHistoryBytes = tapCount * 2;
  slotBytes = HEADER_BYTES + upTaps + downHistoryBytes;
}

/** Handle of a slot with new filters, or OUT_OF_MEMORY. May grow memory, which detaches the host's views. */
export function openSlot(): i32 {
  let index: u32;
  if (firstFree != 0) {
    index = firstFree - 1;
    firstFree = load<u32>(address(index), 4);
  } else {
    if (slotCount > INDEX_MASK) return OUT_OF_MEMORY;
    const end = address(slotCount + 1);
    const held = <usize> memory.size() * PAGE_BYTES;
    if (end > held && memory.grow(<i32> ((end - held + PAGE_BYTES - 1) / PAGE_BYTES)) < 0) {
      return OUT_OF_MEMORY;
    }
    index = slotCount++;
    store<u32>(address(index), index);
  }
  const slot = address(index);
  memory.fill(upHistory(slot), MU_LAW_SILENCE, upTaps);
  renewDown(slot);
  return load<i32>(slot);
}

/** Frees the slot; its handle is never valid again (until 32,768 more calls have used the same slot). */
export function closeSlot(handle: i32): i32 {
  const slot = findSlot(handle);
  if (slot == 0) return BAD_HANDLE;
  const index = <u32> handle & INDEX_MASK;
  store<u32>(slot, (<u32> handle + GENERATION_STEP) & HANDLE_MASK);
  store<u32>(slot, firstFree, 4);
  firstFree = index + 1;
  return 0;
}

/** Address of an open slot, or 0. */
export function findSlot(handle: i32): usize {
  const index = <u32> handle & INDEX_MASK;
  if (index >= slotCount) return 0;
  const slot = address(index);
  return load<i32>(slot) == handle ? slot : 0;
}

/** Puts the downward filter of a slot back to its first state. */
export function renewDown(slot: usize): void {
  setPendingBytes(slot, PENDING_WHEN_NEW);
  setHasAudio(slot, 0);
  memory.fill(downHistory(slot), 0, downHistoryBytes);
}

export function pendingBytes(slot: usize): u32 {
  return load<u32>(slot, 8);
}

export function setPendingBytes(slot: usize, bytes: u32): void {
  store<u32>(slot, bytes, 8);
}

export function hasAudio(slot: usize): u32 {
  return load<u32>(slot, 12);
}

export function setHasAudio(slot: usize, flag: u32): void {
  store<u32>(slot, flag, 12);
}

export function upHistory(slot: usize): usize {
  return slot + HEADER_BYTES;
}

export function downHistory(slot: usize): usize {
  return slot + HEADER_BYTES + upTaps;
}

function address(index: u32): usize {
  return SLOTS + <usize> index * slotBytes;
}
