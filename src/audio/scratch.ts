// Sizes of what engines in TypeScript decode base64 into: multiples of 3, so that whole groups fill them.
// Those of the kernel are in kernel/assembly/layout.ts, and the same.

/** A caller's payload: a little over one second of mu-law. */
export const INPUT_BYTES = 8_208;

/** A block of session audio: 256 ms of PCM16 at 24 kHz. */
export const BLOCK_BYTES = 12_288;
