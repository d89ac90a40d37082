// The host's side of the WASM kernel: one instance for all calls of the process.

import { decodedBase64 } from "../base64.ts";
import { kernelFull, payloadTooLong, slotClosed } from "../audio_errors.ts";
import { designCoefficients, type KernelTier, TIERS } from "./filter_design.ts";
import { KERNEL_WASM_BASE64 } from "./kernel_wasm.ts";

/** Exports of assembly/index.ts. */
interface KernelExports extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  configure(taps: number): void;
  open(): number;
  close(handle: number): number;
  up(handle: number, count: number): number;
  down(handle: number, byteCount: number): number;
  flush(handle: number): number;
  reset(handle: number): number;
  slotBytes(): number;
  upCoefficients(): number;
  downCoefficients(): number;
  upInput(): number;
  upCapacity(): number;
  upOutput(): number;
  downInput(): number;
  downCapacity(): number;
  downOutput(): number;
}

/**
 * Resamples and converts for any number of calls, each of which owns a slot of state by a handle.
 *
 * All views are of the kernel's memory: the next conversion overwrites what they show, and the next `open`
 * may replace the memory under them. Keep none.
 */
export class Kernel {
  readonly #exports: KernelExports;
  #openSlots = 0;
  #upInput: Uint8Array = new Uint8Array(0);
  #upOutput: Uint8Array = new Uint8Array(0);
  #downInput: Uint8Array = new Uint8Array(0);
  #downOutput: Uint8Array = new Uint8Array(0);

  constructor(tier: KernelTier) {
    this.#exports = instantiate();
    const { memory } = this.#exports;
    const design = TIERS[tier];
    const { up, down } = designCoefficients(design);
    this.#exports.configure(design.taps);
    new Int16Array(memory.buffer, this.#exports.upCoefficients(), up.length).set(up);
    new Int16Array(memory.buffer, this.#exports.downCoefficients(), down.length).set(down);
    this.#rebuildViews();
  }

  /** Number of open slots. */
  get openSlots(): number {
    return this.#openSlots;
  }

  /** Bytes of memory for each open slot. */
  get slotBytes(): number {
    return this.#exports.slotBytes();
  }

  /** Where mu-law bytes for {@link up} lie. */
  get upInput(): Uint8Array {
    return this.#upInput;
  }

  /** Where PCM16 bytes for {@link down} lie. */
  get downInput(): Uint8Array {
    return this.#downInput;
  }

  /**
   * Opens a slot with new filters.
   *
   * @returns its handle
   * @throws {AppError} `audio_kernel_full`
   */
  open(): number {
    const handle = this.#exports.open();
    if (handle < 0) throw kernelFull(this.#openSlots);
    this.#openSlots++;
    // growing detaches the buffer, which leaves its views with no length
    if (this.#upInput.length === 0) this.#rebuildViews();
    return handle;
  }

  /** @throws {AppError} `audio_slot_closed` when `handle` is not open, be it closed before or never opened */
  close(handle: number): void {
    check(this.#exports.close(handle));
    this.#openSlots--;
  }

  /**
   * Converts mu-law to PCM16 at 24 kHz.
   *
   * @param muLaw at most as long as {@link upInput}; copied there unless it is a view of its start
   * @returns six times as many bytes
   * @throws {AppError} `audio_slot_closed`, `audio_payload_too_long`
   */
  up(handle: number, muLaw: Uint8Array): Uint8Array {
    const input = this.#upInput;
    if (muLaw.length > input.length) throw payloadTooLong(muLaw.length, input.length);
    if (muLaw.buffer !== input.buffer || muLaw.byteOffset !== input.byteOffset) input.set(muLaw);
    const length = check(this.#exports.up(handle, muLaw.length));
    if (length !== this.#upOutput.length) this.#upOutput = this.#view(this.#exports.upOutput(), length);
    return this.#upOutput;
  }

  /**
   * Converts the first `byteCount` bytes of {@link downInput} to mu-law. Bytes that do not make up a whole
   * triple of samples wait in the slot.
   *
   * @throws {AppError} `audio_slot_closed`, `audio_payload_too_long`
   */
  down(handle: number, byteCount: number): Uint8Array {
    if (byteCount > this.#downInput.length) throw payloadTooLong(byteCount, this.#downInput.length);
    return this.#downView(check(this.#exports.down(handle, byteCount)));
  }

  /**
   * Ends the downward stream, so that the next byte begins a new one.
   *
   * @returns mu-law of what the filter still held; nothing if nothing went down
   * @throws {AppError} `audio_slot_closed`
   */
  flush(handle: number): Uint8Array {
    return this.#downView(check(this.#exports.flush(handle)));
  }

  /**
   * Forgets the downward stream.
   *
   * @throws {AppError} `audio_slot_closed`
   */
  reset(handle: number): void {
    check(this.#exports.reset(handle));
  }

  /** Most blocks have the same length, so the last view can mostly be used again. */
  #downView(length: number): Uint8Array {
    if (length !== this.#downOutput.length) this.#downOutput = this.#view(this.#exports.downOutput(), length);
    return this.#downOutput;
  }

  #rebuildViews(): void {
    this.#upInput = this.#view(this.#exports.upInput(), this.#exports.upCapacity());
    this.#downInput = this.#view(this.#exports.downInput(), this.#exports.downCapacity());
    this.#upOutput = this.#view(this.#exports.upOutput(), 0);
    this.#downOutput = this.#view(this.#exports.downOutput(), 0);
  }

  #view(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, address, length);
  }
}

/** @returns `result`, unless it is negative: then the handle is not open */
function check(result: number): number {
  if (result < 0) throw slotClosed();
  return result;
}

function instantiate(): KernelExports {
  const module = new WebAssembly.Module(decodedBase64(KERNEL_WASM_BASE64));
  return new WebAssembly.Instance(module).exports as KernelExports;
}
