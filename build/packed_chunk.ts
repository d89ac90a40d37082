// What stands in the executable for a large library that most processes never use: its compressed source, and this,
// which unpacks it at the first use. (An executable holds what is embedded in it in memory, byte for byte.)

import { encodeBase64 } from "../src/audio/base64.ts";

const loaded = new Map<string, Promise<unknown>>();

/**
 * The module that was packed into `file`, beside this one. In place of `import()`, which cannot read it.
 *
 * @param file such as `./chunk.js.gz`
 */
export function importPacked(file: string): Promise<unknown> {
  let module = loaded.get(file);
  if (!module) loaded.set(file, module = unpack(file));
  return module;
}

async function unpack(file: string): Promise<unknown> {
  const { readable } = await Deno.open(new URL(file, import.meta.url));
  const source = await new Response(readable.pipeThrough(new DecompressionStream("gzip"))).text();
  // A module in a data URL has no siblings: those that it imports are named in full.
  const inFull = source.replace(
    SIBLING,
    (_all, head, name) => head + JSON.stringify(new URL(name, import.meta.url).href),
  );
  // Of the ways that an executable has for code that is no file, this is the one that works (blob URLs do not).
  return withNames(
    await import(`data:text/javascript;base64,${encodeBase64(new TextEncoder().encode(inFull))}`),
  );
}

/** The bundler exports a CommonJS library by `default` alone; unbundled, it has its names too. */
function withNames(module: { readonly default?: unknown }): unknown {
  const isCommonJs = Object.keys(module).join() === "default" && typeof module.default === "object";
  return isCommonJs ? { ...module.default, default: module.default } : module;
}

/**
 * An import of another chunk, as the bundler writes it: a statement at the beginning of a line, or an
 * `import()`. What is packed itself is named to {@link importPacked}, which looks beside this module.
 */
const SIBLING = /((?:^(?:import|\} from) ?)|\bimport\()"(\.\/[\w.-]+\.js)"/gm;
