/**
 * The text of an HTTP body, or undefined when it has more than `maxBytes`. What is beyond them is not read.
 *
 * @param signal ends the reading
 * @throws the reason of `signal` once that is aborted; whatever the connection fails with
 */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (!body) return "";
  const reader = body.getReader();
  // A cancelled reader has nothing more to read: the loop below ends.
  const cancel = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", cancel);
  try {
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      bytes += next.value.length;
      if (bytes > maxBytes) {
        cancel();
        return undefined;
      }
      text += decoder.decode(next.value, { stream: true });
    }
    signal?.throwIfAborted();
    return text + decoder.decode();
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

/** The first part of an HTTP body. */
export interface BodyBeginning {
  readonly text: string;
  /** True when there was more than that. */
  readonly isCut: boolean;
}

/**
 * The first `maxBytes` of an HTTP body as text. What is beyond them is not read.
 *
 * @throws whatever the connection fails with
 */
export async function readBeginning(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<BodyBeginning> {
  const decoder = new TextDecoder();
  let text = "";
  let room = maxBytes;
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk.subarray(0, room), { stream: true });
    if (chunk.length > room) return { text, isCut: true }; // leaving the loop cancels the body
    room -= chunk.length;
  }
  return { text: text + decoder.decode(), isCut: false };
}
