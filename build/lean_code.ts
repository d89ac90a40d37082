// What the bundler writes costs a server 1.1 MB that it need not: `deno task serve` and the executable both run it
// through this.

/** The bundler's way for packages in CommonJS to ask for modules of Node's; every chunk that shares code imports it. */
const EAGER_REQUIRE =
  /import \{ createRequire as (\w+) \} from "node:module";\nvar __require = \1\(import\.meta\.url\);\n/;
/** `node:module` takes 1.4 MB, since it has all others behind it. */
const LAZY_REQUIRE = "var __require = (name) => globalThis.process.getBuiltinModule(name);\n";

/** A bundle in which something stands that could not be written in another way without changing what it does. */
export class UnforeseenCodeError extends Error {}

/**
 * The code of one chunk, which does the same in less memory. V8 holds a source in one byte a character if none is
 * beyond Latin-1, and otherwise in two, so these are escaped; and modules of Node's are loaded when one is asked
 * for.
 *
 * @throws {UnforeseenCodeError} where an escape would not be read as the character
 */
export function leanCode(code: string): string {
  return code.replace(EAGER_REQUIRE, LAZY_REQUIRE).replace(/[^\0-\xff]/g, (unit, at: number) => {
    // After a backslash the escape would be the backslash's, and what is raw is not read at all.
    if (code[at - 1] === "\\" || code.includes("String.raw`")) {
      throw new UnforeseenCodeError(`no escape can stand for ${unit} in ${lineAt(code, at)}`);
    }
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function lineAt(code: string, at: number): string {
  return code.slice(code.lastIndexOf("\n", at) + 1).split("\n", 1)[0];
}

/** Runs all chunks in a folder through {@link leanCode}. */
export async function makeLean(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".js")) continue;
    const path = `${folder}/${name}`;
    await Deno.writeTextFile(path, leanCode(await Deno.readTextFile(path)));
  }
}
