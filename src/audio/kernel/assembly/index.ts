// What the kernel offers to its host (../kernel.ts). Functions answer a negative number for a handle that is
// not open. Addresses are exported as functions, since not every runtime gives exported globals as plain
// numbers.

import { DOWN_CAPACITY, DOWN_COEFFICIENTS, DOWN_INPUT, DOWN_OUTPUT } from "./layout";
import { UP_CAPACITY, UP_COEFFICIENTS, UP_INPUT, UP_OUTPUT } from "./layout";
import { filterDown, flushDown } from "./down";
import { BAD_HANDLE, closeSlot, configureSlots, findSlot, openSlot, renewDown, slotBytes as bytesOfSlot } from "./slots";
import { filterUp } from "./up";

/**
 * Sets the number of taps, once and before the first slot is opened. The host then writes the coefficients.
 */
export function configure(taps: usize): void {
  configureSlots(taps);
}

export function open(): i32 {
  return openSlot();
}

export function close(handle: i32): i32 {
  return closeSlot(handle);
}

/**
 * Converts `count` mu-law bytes (at most `upCapacity`) at `upInput`; returns the bytes of PCM16 at
 * `upOutput`.
 */
export function up(handle: i32, count: usize): i32 {
  const slot = findSlot(handle);
  if (slot == 0) return BAD_HANDLE;
  filterUp(slot, count);
  return <i32> count * 6;
}

/**
 * Converts `byteCount` bytes of PCM16 (at most `downCapacity`) at `downInput`; returns the mu-law bytes at
 * `downOutput`.
 */
export function down(handle: i32, byteCount: usize): i32 {
  const slot = findSlot(handle);
  return slot == 0 ? BAD_HANDLE : <i32> filterDown(slot, byteCount);
}

/** Ends the downward stream; returns the mu-law bytes of its tail at `downOutput`. */
export function flush(handle: i32): i32 {
  const slot = findSlot(handle);
  return slot == 0 ? BAD_HANDLE : <i32> flushDown(slot);
}

/** Forgets the downward stream. */
export function reset(handle: i32): i32 {
  const slot = findSlot(handle);
  if (slot == 0) return BAD_HANDLE;
  renewDown(slot);
  return 0;
}

export function slotBytes(): usize {
  return bytesOfSlot;
}

export function upCoefficients(): usize {
  return UP_COEFFICIENTS;
}

export function downCoefficients(): usize {
  return DOWN_COEFFICIENTS;
}

export function upInput(): usize {
  return UP_INPUT;
}

export function upCapacity(): usize {
  return UP_CAPACITY;
}

export function upOutput(): usize {
  return UP_OUTPUT;
}

export function downInput(): usize {
  return DOWN_INPUT;
}

export function downCapacity(): usize {
  return DOWN_CAPACITY;
}

export function downOutput(): usize {
  return DOWN_OUTPUT;
}
