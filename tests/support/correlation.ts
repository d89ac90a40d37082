/** Half a second at 8 kHz: some words. */
const PIECE_SAMPLES = 4_000;
/** A piece is looked for this far from where the piece before it would have it: a microphone may slip by 10 ms. */
const SLIP_SAMPLES = 240;

/**
 * How alike a clip and its place in a recording are, piece by piece: normalised cross-correlations of half a
 * second each, 1 for the same sound, however loud. Both are at one sample rate.
 */
export function likenessByPiece(recording: Int16Array, clip: Int16Array): number[] {
  const pieces = Array.from(
    { length: Math.floor(clip.length / PIECE_SAMPLES) },
    (_, index) => clip.subarray(index * PIECE_SAMPLES, (index + 1) * PIECE_SAMPLES),
  );
  const anchor = pieces.length >> 1;
  const { at } = bestPlace(recording, pieces[anchor], 0, recording.length);
  return pieces.map((piece, index) => {
    const expected = at + (index - anchor) * PIECE_SAMPLES;
    return bestPlace(recording, piece, expected - SLIP_SAMPLES, expected + SLIP_SAMPLES).likeness;
  });
}

/** The middle one, the lower of two. */
export function medianLikeness(likenesses: readonly number[]): number {
  return likenesses.toSorted((a, b) => a - b)[(likenesses.length - 1) >> 1];
}

/** A guess looks at every so many samples, and may be so far from the truth. */
const GUESS_STRIDE = 16;
const GUESS_ERROR = 0.25;

function likenessAt(recording: Int16Array, piece: Int16Array, at: number, stride: number): number {
  let product = 0, energy = 0, wanted = 0;
  for (let index = 0; index < piece.length; index += stride) {
    product += recording[at + index] * piece[index];
    energy += recording[at + index] ** 2;
    wanted += piece[index] ** 2;
  }
  return product / Math.sqrt(energy * wanted || 1);
}

function bestPlace(
  recording: Int16Array,
  piece: Int16Array,
  from: number,
  to: number,
): { at: number; likeness: number } {
  let best = { at: -1, likeness: -1 };
  const last = Math.min(to, recording.length - piece.length);
  for (let at = Math.max(0, from); at <= last; at++) {
    if (likenessAt(recording, piece, at, GUESS_STRIDE) < best.likeness - GUESS_ERROR) continue;
    // Two samples may stand on either side of the place: the mean of both lies between them.
    let product = 0, half = 0, energy = 0, halfEnergy = 0, wanted = 0;
    for (let index = 0; index < piece.length; index++) {
      const heard = recording[at + index];
      const between = (heard + (recording[at + index + 1] ?? 0)) / 2;
      product += heard * piece[index];
      half += between * piece[index];
      energy += heard * heard;
      halfEnergy += between * between;
      wanted += piece[index] * piece[index];
    }
    const likeness = Math.max(
      product / Math.sqrt(energy * wanted || 1),
      half / Math.sqrt(halfEnergy * wanted || 1),
    );
    if (likeness > best.likeness) best = { at, likeness };
  }
  return best;
}
