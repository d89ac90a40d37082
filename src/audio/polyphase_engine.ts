import { base64Length, decodeBase64 } from "./base64.ts";
import { Kernel } from "./kernel/kernel.ts";
import type { KernelTier } from "./kernel/filter_design.ts";
import type { AudioEngine, Transcoder } from "./transcoder.ts";

/** Resamples in the WASM kernel. */
export class PolyphaseEngine implements AudioEngine {
  readonly #kernel: Kernel;

  constructor(readonly name: KernelTier) {
    this.#kernel = new Kernel(name);
  }

  get openCount(): number {
    return this.#kernel.openSlots;
  }

  open(): Transcoder {
    return new PolyphaseTranscoder(this.#kernel);
  }
}

/**
 * A slot of the kernel. Base64 is decoded straight into the kernel's memory, and no audio is copied after
 * that.
 */
class PolyphaseTranscoder implements Transcoder {
  readonly format = "pcm24k";
  readonly #kernel: Kernel;
  readonly #handle: number;
  #isOpen = true;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#handle = kernel.open();
  }

  get bytesHeld(): number {
    return this.#isOpen ? this.#kernel.slotBytes : 0;
  }

  input(): Uint8Array {
    return this.#kernel.upInput;
  }

  up(muLaw: Uint8Array): Uint8Array {
    return this.#kernel.up(this.#handle, muLaw);
  }

  down(text: string, start: number, end: number, sink: (muLaw: Uint8Array) => void): number {
    let bytes = 0;
    for (let position = start; position < end;) {
      // asked for anew each time: the sink may have opened a call
      const written = decodeBase64(text, position, end, this.#kernel.downInput);
      const muLaw = this.#kernel.down(this.#handle, written);
      if (muLaw.length > 0) sink(muLaw);
      bytes += written;
      position += base64Length(written);
    }
    return bytes;
  }

  flushDown(sink: (muLaw: Uint8Array) => void): void {
    const muLaw = this.#kernel.flush(this.#handle);
    if (muLaw.length > 0) sink(muLaw);
  }

  resetDown(): void {
    this.#kernel.reset(this.#handle);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#kernel.close(this.#handle);
  }
}
