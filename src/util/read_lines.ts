/** A longer line is thrown away. None of ours comes close. */
const MAX_LINE_CHARS = 1 << 20;

/** Yields the lines of a stream of bytes without their line ends, but not an unfinished last line. */
export async function* readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  let isTooLong = false;
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    if (isTooLong && parts.length > 0) {
      parts.shift(); // its end
      isTooLong = false;
    }
    isTooLong ||= rest.length > MAX_LINE_CHARS;
    if (isTooLong) rest = "";
    yield* parts;
  }
}
