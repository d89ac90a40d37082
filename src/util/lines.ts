/** Beyond it a line is given up; none of ours is nearly as long. */
const MAX_LINE_CHARS = 1 << 20;

/** The lines of a stream of bytes, without their ends. An unfinished last line is not given. */
export async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    if (rest.length > MAX_LINE_CHARS) rest = "";
    yield* parts;
  }
}
