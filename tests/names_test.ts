import assert from "node:assert/strict";

/*
 * One name for one thing: whoever searches for a name finds the one thing that has it. An exported name stands once in all of
 * `src`, a file name too, unless its folder says of which kind of thing it is one.
 */

/** File names that are plain by their folder. */
const PLAIN_BY_FOLDER = new Set([
  "mod.ts", // the door of the library, and that of the laboratory
  "mongo_store.ts", // of knowledge, of records
  "sqlite_store.ts",
  "word_search.ts", // of each store of knowledge
  "catalogue.ts", // of metrics, of tools
]);

const SOURCE = new URL("../src/", import.meta.url);
const EXPORTED =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;

/** The sources below `folder`, but for the AssemblyScript ones, which another compiler reads. */
async function* sources(folder = ""): AsyncGenerator<{ path: string; name: string }> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, SOURCE))) {
    if (isDirectory && name !== "assembly") yield* sources(`${folder}${name}/`);
    else if (/\.[jt]s$/.test(name)) yield { path: folder + name, name };
  }
}

/** Each name that stands in more than one place, with the places. */
function twins(places: Iterable<readonly [name: string, path: string]>): Record<string, string[]> {
  const byName = Map.groupBy(places, ([name]) => name);
  const several = [...byName].map((
    [name, found],
  ) => [name, [...new Set(found.map(([, path]) => path))].sort()])
    .filter(([, paths]) => paths.length > 1);
  return Object.fromEntries(several);
}

Deno.test("No exported name stands twice in the sources", async () => {
  const exported: [string, string][] = [];
  for await (const { path } of sources()) {
    // Overloads of one function are one name: a file counts once.
    for (const [, name] of (await Deno.readTextFile(new URL(path, SOURCE))).matchAll(EXPORTED)) {
      exported.push([name, path]);
    }
  }
  assert.ok(exported.length > 1_000, "the sources were read");
  assert.deepEqual(twins(exported), {});
});

Deno.test("No file name stands twice in the sources, unless its folder makes it plain", async () => {
  const files: [string, string][] = [];
  for await (const { path, name } of sources()) if (!PLAIN_BY_FOLDER.has(name)) files.push([name, path]);
  assert.deepEqual(twins(files), {});
});
