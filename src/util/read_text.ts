/** The first part of an HTTP body. */
export interface BodyBeginning {
  readonly text: string;
  /** True when there was more than that. */
  readonly isCut: boolean;
}

/** What else bounds a body that is read. */
export interface BodyBounds {
  /** Ends the reading. */
  readonly signal?: AbortSignal;
  /**
   * Least mean length of the pieces that come after the first {@link FREE_PIECES}: whoever sends the body
   * cuts it as they like. Default 0.
   */
  readonly minPieceBytes?: number;
}

/** Pieces of a body that may be as short as they like. */
const FREE_PIECES = 16;

/**
 * Reads the first `maxBytes` of an HTTP body as text, and nothing beyond them.
 *
 * @throws the reason of `signal` once that is aborted; whatever the connection fails with
 */
export async function readBeginning(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  { signal, minPieceBytes = 0 }: BodyBounds = {},
): Promise<BodyBeginning> {
  if (!body) return { text: "", isCut: false };
  const reader = body.getReader();
  // A cancelled reader has nothing more to read: the loop below ends.
  const cancel = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", cancel);
  try {
    const decoder = new TextDecoder();
    let text = "";
    let room = maxBytes;
    let pieces = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      text += decoder.decode(next.value.subarray(0, room), { stream: true });
      const isCrumbled = (++pieces - FREE_PIECES) * minPieceBytes > maxBytes - room + next.value.length;
      if (next.value.length > room || isCrumbled) {
        cancel();
        return { text, isCut: true };
      }
      room -= next.value.length;
    }
    signal?.throwIfAborted();
    return { text: text + decoder.decode(), isCut: false };
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
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

/** A longer line is thrown away. None of ours comes close. */
const MAX_LINE_CHARS = 1 << 20;

/** Yields the lines of a stream of bytes without their line ends, but not an unfinished last line. */
export async function* readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    if (rest.length > MAX_LINE_CHARS) rest = "";
    yield* parts;
  }
}
