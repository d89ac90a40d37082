// Base64 (RFC 4648, section 4) between strings and bytes in existing buffers. Strict: padding is required,
// and white space, the URL alphabet and stray bits in the last group are refused.

import { badBase64 } from "./audio_errors.ts";

/** Both directions, by the runtime's own methods or by Node's `Buffer`. */
export interface Base64Codec {
  encode(bytes: Uint8Array): string;
  /**
   * @param target has room for all of `text`
   * @returns bytes written
   * @throws {AppError} `audio_bad_base64`
   */
  decode(text: string, target: Uint8Array): number;
}

const STRICT = { lastChunkHandling: "strict" } as const;

/** `Uint8Array`'s own methods, which Deno 2.4.2 lacks. */
export const nativeBase64: Base64Codec = {
  encode: (bytes) => bytes.toBase64(),
  decode(text, target) {
    let written: number;
    try {
      written = target.setFromBase64(text, STRICT).written;
    } catch (cause) {
      throw badBase64(cause);
    }
    // the native decoder skips white space: then there are more characters than the bytes account for
    if (text.length !== base64Length(written)) throw badBase64();
    return written;
  },
};

/** What is used of Node's `Buffer`. */
interface NodeBuffer {
  from(buffer: ArrayBufferLike, offset: number, length: number): {
    toString(encoding: "base64"): string;
    write(text: string, encoding: "base64"): number;
  };
}

/**
 * The global `Buffer`, which the runtime loads at its first use. An import of `node:buffer` would cost 1 MB
 * in every process, and only an executable built with Deno 2.4.2 needs it.
 */
const nodeBuffer = () => (globalThis as typeof globalThis & { Buffer: NodeBuffer }).Buffer;

/**
 * The same by Node's `Buffer`. Its decoder accepts anything, but it skips what is not base64, so that the
 * bytes are then too few. Checking each character beforehand would take ten times as long.
 */
export const bufferBase64: Base64Codec = {
  encode: (bytes) => nodeBuffer().from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"),
  decode(text, target) {
    let written: number;
    try {
      written = nodeBuffer().from(target.buffer, target.byteOffset, target.length).write(text, "base64");
    } catch (cause) {
      throw badBase64(cause);
    }
    if (text.length % 4 > 0 || written !== text.length / 4 * 3 - padding(text)) throw badBase64();
    if (text.includes("-") || text.includes("_")) throw badBase64(); // taken for `+` and `/`
    if (!LAST_GROUP.test(text.slice(-4))) throw badBase64();
    return written;
  },
};

/** A whole group, or a shorter one that is padded and has no stray bits. */
const LAST_GROUP = /^(?:|[^=]{4}|.[AQgw]==|..[AEIMQUYcgkosw048]=)$/;

function padding(text: string): number {
  return text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
}

const codec = "setFromBase64" in Uint8Array.prototype ? nativeBase64 : bufferBase64;

/** Characters that `byteCount` bytes take in base64. */
export function base64Length(byteCount: number): number {
  return Math.ceil(byteCount / 3) * 4;
}

/** Base64 text of `bytes`. */
export function encodeBase64(bytes: Uint8Array): string {
  return codec.encode(bytes);
}

/**
 * Decodes as much of `text` from `start` to `end` as `target` can hold, in whole groups of four characters. A
 * long text is decoded block by block: go on at `start` plus the {@link base64Length} of what was written.
 *
 * @param target at least 3 bytes, and a multiple of 3 if all of it is to be used
 * @returns bytes written to the start of `target`
 * @throws {AppError} `audio_bad_base64`; what `target` then holds is undefined
 */
export function decodeBase64(text: string, start: number, end: number, target: Uint8Array): number {
  const blockEnd = start + Math.floor(target.length / 3) * 4;
  if (blockEnd >= end) return codec.decode(text.slice(start, end), target);
  // only the very last group may be padded
  if (text[blockEnd - 1] === "=") throw badBase64();
  return codec.decode(text.slice(start, blockEnd), target);
}

/**
 * The bytes of all of `text`.
 * @throws {AppError} `audio_bad_base64`
 */
export function decodedBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 4 * 3);
  return bytes.subarray(0, codec.decode(text, bytes));
}
