import { base64Length, decodeBase64 } from "./base64.ts";
import { slotClosed } from "./audio_errors.ts";
import { type AudioEngine, BLOCK_BYTES, INPUT_BYTES, type Transcoder } from "./transcoder.ts";

/** For sessions that speak mu-law themselves: audio passes through unchanged. */
export class PcmuEngine implements AudioEngine {
  readonly name = "pcmu";
  readonly #input = new Uint8Array(INPUT_BYTES);
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #openCount = 0;

  get openCount(): number {
    return this.#openCount;
  }

  open(): Transcoder {
    this.#openCount++;
    return new PcmuTranscoder(this.#input, this.#block, () => this.#openCount--);
  }
}

/** Knows only whether it is open, so that misuse shows as it does with a resampler. */
class PcmuTranscoder implements Transcoder {
  readonly format = "pcmu";
  readonly bytesHeld = 0;
  readonly #input: Uint8Array;
  readonly #block: Uint8Array;
  #release: (() => void) | undefined;

  constructor(input: Uint8Array, block: Uint8Array, release: () => void) {
    this.#input = input;
    this.#block = block;
    this.#release = release;
  }

  input(): Uint8Array {
    return this.#input;
  }

  up(muLaw: Uint8Array): Uint8Array {
    this.#check();
    return muLaw;
  }

  down(text: string, start: number, end: number, sink: (muLaw: Uint8Array) => void): number {
    this.#check();
    let bytes = 0;
    for (let position = start; position < end;) {
      const written = decodeBase64(text, position, end, this.#block);
      sink(this.#block.subarray(0, written));
      bytes += written;
      position += base64Length(written);
    }
    return bytes;
  }

  flushDown(): void {
    this.#check();
  }

  resetDown(): void {
    this.#check();
  }

  [Symbol.dispose](): void {
    this.#release?.();
    this.#release = undefined;
  }

  #check(): void {
    if (this.#release === undefined) throw slotClosed();
  }
}
