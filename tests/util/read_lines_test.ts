import assert from "node:assert/strict";
import { readLines } from "../../src/util/read_lines.ts";

function streamOf(...texts: string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(texts).pipeThrough(new TextEncoderStream());
}

Deno.test("readLines() yields whole lines, however they come, and no unfinished one", async () => {
  const lines = await Array.fromAsync(readLines(streamOf("a", "b\n\nc\nd", "é\n", "rest")));
  assert.deepEqual(lines, ["ab", "", "c", "dé"]);
});

Deno.test("readLines() throws the whole of a line away that is too long, not its beginning alone", async () => {
  const half = "x".repeat(600_000);
  const lines = await Array.fromAsync(
    readLines(streamOf("a\n", half, half, `${half}tail`, "end\nb\n", half, "\n")),
  );
  assert.deepEqual(lines.map((line) => line.slice(0, 3)), ["a", "b", "xxx"]);
});
