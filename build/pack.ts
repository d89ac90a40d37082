// Compresses the large chunks of a bundle, so that an executable carries the libraries that few processes use for little
// memory: see packed_chunk.ts.

/** A chunk is packed from this size on, if it is loaded on first use alone. */
const PACKED_FROM_BYTES = 64 * 1024;
/** From this size on it has to be: only libraries that are loaded on first use may be so large. */
const PACKED_ALWAYS_BYTES = 512 * 1024;
const LOADER = "packed_chunk.js";

/**
 * Packs what is large in the folder `bundle`, which holds {@link LOADER} already.
 *
 * @throws {Error} when a large chunk is imported in another way than by `import()`
 */
export async function packLargeChunks(bundle: string): Promise<void> {
  const chunks = Deno.readDirSync(bundle).map(({ name }) => name).filter((name) => name.endsWith(".js"))
    .toArray();
  const sources = new Map(chunks.map((name) => [name, Deno.readTextFileSync(`${bundle}/${name}`)]));
  const isPacked = ([name, source]: [string, string]) =>
    source.length >= PACKED_ALWAYS_BYTES || (
      source.length >= PACKED_FROM_BYTES && !source.includes('import("./') &&
      [...sources.values()].every((other) =>
        !other.includes(`from "./${name}"`) && !other.includes(`import "./${name}"`)
      )
    );
  const large = [...sources].filter(isPacked).map(([name]) => name).filter((name) => name !== "main.js");
  for (const name of large) {
    const { readable } = await Deno.open(`${bundle}/${name}`);
    await Deno.writeFile(`${bundle}/${name}.gz`, readable.pipeThrough(new CompressionStream("gzip")));
    await Deno.remove(`${bundle}/${name}`);
  }
  for (const name of chunks.filter((chunk) => !large.includes(chunk))) {
    const source = sources.get(name)!;
    const redirected = large.reduce(
      (text, library) => text.replaceAll(`import("./${library}")`, `importPacked("./${library}.gz")`),
      source,
    );
    const missed = large.find((library) => redirected.includes(`"./${library}"`));
    if (missed !== undefined) {
      throw new Error(`${name} imports ${missed} statically: large libraries are loaded on first use.`);
    }
    if (redirected === source) continue;
    await Deno.writeTextFile(
      `${bundle}/${name}`,
      `import { importPacked } from "./${LOADER}";\n${redirected}`,
    );
  }
}
