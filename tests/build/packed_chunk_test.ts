import assert from "node:assert/strict";
import { importPacked } from "../../build/packed_chunk.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** What `import()` gives in an executable for a library that the bundler wrote as `source`. */
async function load(source: string): Promise<Record<string, unknown>> {
  using folder = new TempFolder();
  const file = `${folder.path}/library.js.gz`;
  const packed = new Blob([source]).stream().pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(file, packed);
  return await importPacked(`file://${file}`) as Record<string, unknown>;
}

Deno.test("A packed CommonJS library, which the bundler exports by default alone, has its names as when it is not bundled", async () => {
  const { default: all, Client, ...rest } = await load("export default { Client: class Client {} };");
  assert.ok(typeof Client === "function" && Client === (all as { Client: unknown }).Client);
  assert.deepEqual(rest, {});
});

Deno.test("A packed module has the exports that it has", async () => {
  const { default: main, other, ...rest } = await load("export default { a: 1 }; export const other = 2;");
  assert.deepEqual([main, other, rest], [{ a: 1 }, 2, {}]);
  const { default: only } = await load("export default () => 3;");
  assert.equal(typeof only, "function");
});
