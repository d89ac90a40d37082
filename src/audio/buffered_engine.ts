import { payloadTooLong, slotClosed } from "./audio_errors.ts";
import { base64Length, decodeBase64 } from "./base64.ts";
import { type AudioEngine, BLOCK_BYTES, INPUT_BYTES, type Transcoder } from "./transcoder.ts";

/**
 * What an engine does to the audio of one call. Views that it returns are as valid as those of a
 * {@link Transcoder}.
 */
export interface Conversion {
  readonly format: Transcoder["format"];
  readonly bytesHeld: number;
  up(muLaw: Uint8Array): Uint8Array;
  /** @param block of session audio, cut at any byte */
  down(block: Uint8Array): Uint8Array;
  flushDown(): Uint8Array;
  resetDown(): void;
}

/** An engine whose calls share two buffers, and each have a {@link Conversion} of their own. */
export class BufferedEngine implements AudioEngine {
  readonly #convert: () => Conversion;
  readonly #input = new Uint8Array(INPUT_BYTES);
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #openCount = 0;

  constructor(readonly name: AudioEngine["name"], convert: () => Conversion) {
    this.#convert = convert;
  }

  get openCount(): number {
    return this.#openCount;
  }

  open(): Transcoder {
    this.#openCount++;
    return new BufferedTranscoder(this.#convert(), this.#input, this.#block, () => this.#openCount--);
  }
}

class BufferedTranscoder implements Transcoder {
  readonly format: Transcoder["format"];
  readonly #input: Uint8Array;
  readonly #block: Uint8Array;
  readonly #release: () => void;
  /** Undefined once released. */
  #conversion: Conversion | undefined;

  constructor(conversion: Conversion, input: Uint8Array, block: Uint8Array, release: () => void) {
    this.format = conversion.format;
    this.#conversion = conversion;
    this.#input = input;
    this.#block = block;
    this.#release = release;
  }

  get bytesHeld(): number {
    return this.#conversion?.bytesHeld ?? 0;
  }

  input(): Uint8Array {
    return this.#input;
  }

  up(muLaw: Uint8Array): Uint8Array {
    const conversion = this.#open();
    if (muLaw.length > INPUT_BYTES) throw payloadTooLong(muLaw.length, INPUT_BYTES);
    return conversion.up(muLaw);
  }

  down(text: string, start: number, end: number, sink: (muLaw: Uint8Array) => void): number {
    const conversion = this.#open();
    let bytes = 0;
    for (let position = start; position < end;) {
      const written = decodeBase64(text, position, end, this.#block);
      const muLaw = conversion.down(this.#block.subarray(0, written));
      if (muLaw.length > 0) sink(muLaw);
      bytes += written;
      position += base64Length(written);
    }
    return bytes;
  }

  flushDown(sink: (muLaw: Uint8Array) => void): void {
    const muLaw = this.#open().flushDown();
    if (muLaw.length > 0) sink(muLaw);
  }

  resetDown(): void {
    this.#open().resetDown();
  }

  [Symbol.dispose](): void {
    if (this.#conversion) this.#release();
    this.#conversion = undefined;
  }

  #open(): Conversion {
    if (this.#conversion === undefined) throw slotClosed();
    return this.#conversion;
  }
}
