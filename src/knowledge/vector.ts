/** Scales a vector to length 1, in place. One of length 0 stays. */
export function normalize(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return vector;
  const factor = 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i] *= factor;
  return vector;
}

/**
 * The dot product of `vector` and the one that begins at `start` of `many`: their cosine, if both have length
 * 1.
 */
export function dot(vector: Float32Array, many: Float32Array, start = 0): number {
  // Four sums, so that the processor need not finish one addition before the next.
  let a = 0, b = 0, c = 0, d = 0, i = 0;
  const last = vector.length - 3;
  for (; i < last; i += 4) {
    a += vector[i] * many[start + i];
    b += vector[i + 1] * many[start + i + 1];
    c += vector[i + 2] * many[start + i + 2];
    d += vector[i + 3] * many[start + i + 3];
  }
  for (; i < vector.length; i++) a += vector[i] * many[start + i];
  return a + b + c + d;
}

/** The bytes of a vector, little-endian on every machine that Deno runs on. Shares its memory. */
export function toBytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** The vector of some bytes; shares their memory where its alignment allows. */
export function toVector(bytes: Uint8Array): Float32Array {
  // Not by slice(), which of a Node buffer shares the memory, and its alignment.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

/** The mean cosine of each two of some vectors of length 1; undefined with fewer than three. */
export function meanSimilarity(vectors: readonly Float32Array[]): number | undefined {
  if (vectors.length < 3) return undefined;
  let sum = 0;
  for (const [index, vector] of vectors.entries()) {
    for (let other = 0; other < index; other++) sum += dot(vector, vectors[other]);
  }
  return sum / (vectors.length * (vectors.length - 1) / 2);
}
