/** The first bytes of an HTTP body. */
export interface BodyBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** True when there was more than that. */
  readonly isCut: boolean;
}

/** The same as UTF-8. */
export interface BodyText {
  readonly text: string;
  /** True when there was more than that. */
  readonly isCut: boolean;
}

/** What else bounds a body that is read. */
export interface BodyBounds {
  /** Ends the reading. */
  readonly signal?: AbortSignal;
  /**
   * Least mean length of the pieces that come after the first `freePieces`: whoever sends the body cuts it as
   * they like. Default 0.
   */
  readonly minPieceBytes?: number;
  /** Pieces that may be as short as they like. Default 16. */
  readonly freePieces?: number;
}

/**
 * Takes the first `maxBytes` of a body, and no further piece once it has them. One with too many short pieces
 * is cut before that.
 */
export async function firstBytes(
  pieces: AsyncIterable<Uint8Array>,
  maxBytes: number,
  { minPieceBytes = 0, freePieces = 16 }: Omit<BodyBounds, "signal"> = {},
): Promise<BodyBytes> {
  const taken: Uint8Array[] = [];
  let room = maxBytes;
  let isCut = false;
  for await (const piece of pieces) {
    taken.push(piece.subarray(0, room));
    const isCrumbled = (taken.length - freePieces) * minPieceBytes > maxBytes - room + piece.length;
    isCut = piece.length > room || isCrumbled;
    if (isCut) break;
    room -= piece.length;
  }
  const bytes = new Uint8Array(taken.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of taken) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, isCut };
}

/** What was read, as text. A character that the cut goes through is left out. */
export function decodeBeginning({ bytes, isCut }: BodyBytes): BodyText {
  return { text: new TextDecoder().decode(bytes, { stream: isCut }), isCut };
}

/**
 * Reads the first `maxBytes` of an HTTP body as text, and nothing beyond them.
 *
 * @throws the reason of `signal` once that is aborted; whatever the connection fails with
 */
export async function readBeginning(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  { signal, ...pieces }: BodyBounds = {},
): Promise<BodyText> {
  if (!body) return { text: "", isCut: false };
  return decodeBeginning(await firstBytes(piecesOf(body, signal), maxBytes, pieces));
}

/**
 * The whole text of an HTTP body, or undefined when it is beyond its bounds. Otherwise as
 * {@link readBeginning}.
 */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  bounds?: BodyBounds,
): Promise<string | undefined> {
  const { text, isCut } = await readBeginning(body, maxBytes, bounds);
  return isCut ? undefined : text;
}

/** A stream's own iterator would go on waiting for the next piece when `signal` is aborted. */
async function* piecesOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  // A cancelled reader has nothing more to read: the loop below ends.
  const cancel = () => void reader.cancel(signal?.reason).catch(() => {}); // it is over already
  signal?.addEventListener("abort", cancel);
  if (signal?.aborted) cancel();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener("abort", cancel);
    cancel();
  }
}
