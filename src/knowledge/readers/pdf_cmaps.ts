import { keptLoad } from "../../util/kept_load.ts";

const unpacked = keptLoad(unpack);

/**
 * Hands pdf.js the CMaps that fonts in Chinese, Japanese and Korean name: what it calls a
 * `BinaryDataFactory`. They are unpacked by the first such font.
 */
export class CMapReader {
  /** @throws {Error} for what is no CMap, such as the standard fonts, without which text can be read */
  async fetch({ kind, filename }: { readonly kind: string; readonly filename: string }): Promise<Uint8Array> {
    const file = kind === "cMapUrl" ? (await unpacked()).get(filename) : undefined;
    if (!file) throw new Error(`There is no ${filename}.`);
    return file.slice();
  }
}

async function unpack(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { CMAPS } = await import("./cmaps_data.ts");
  const packed = new Blob([Uint8Array.from(atob(CMAPS), (character) => character.charCodeAt(0))]);
  const readable = packed.stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(readable).arrayBuffer());
  const end = bytes.indexOf(0x0a);
  const index: [name: string, length: number][] = JSON.parse(
    new TextDecoder().decode(bytes.subarray(0, end)),
  );
  const files = new Map<string, Uint8Array>();
  let start = end + 1;
  for (const [name, length] of index) {
    files.set(name, bytes.subarray(start, start + length));
    start += length;
  }
  return files;
}
