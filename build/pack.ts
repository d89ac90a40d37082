// Compresses the large chunks of a bundle, so that an executable carries the libraries that few processes use for little
// memory: see packed_chunk.ts.

/** A chunk is packed from this size on, if it is loaded on first use alone. */
const PACKED_FROM_BYTES = 16 * 1024;
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
      source.length >= PACKED_FROM_BYTES &&
      [...sources.values()].every((other) =>
        !other.includes(`from "./${name}"`) && !other.includes(`import "./${name}"`)
      )
    );
  const large = [...sources].filter(isPacked).map(([name]) => name).filter((name) => name !== "main.js");
  for (const [name, source] of sources) {
    const redirected = large.reduce(
      (text, library) => text.replaceAll(`import("./${library}")`, `importPacked("./${library}.gz")`),
      source,
    );
    const missed = large.find((library) => redirected.includes(`"./${library}"`));
    if (missed !== undefined) {
      throw new Error(`${name} imports ${missed} statically: large libraries are loaded on first use.`);
    }
    // In lines, as the bundler writes it: the loader finds the imports of what it unpacks by that.
    const head = `import {\n  importPacked\n} from "./${LOADER}";\n`;
    const text = redirected === source ? source : head + redirected;
    if (large.includes(name)) {
      const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
      await Deno.writeFile(`${bundle}/${name}.gz`, packed);
      await Deno.remove(`${bundle}/${name}`);
    } else if (text !== source) await Deno.writeTextFile(`${bundle}/${name}`, text);
  }
}
