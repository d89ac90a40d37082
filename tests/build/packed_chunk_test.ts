import assert from "node:assert/strict";
import { packLargeChunks } from "../../build/pack.ts";
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

Deno.test("What is loaded on first use is packed, and imports its siblings, packed ones too, by whichever way", async () => {
  using folder = new TempFolder();
  const { path } = folder;
  const bundle = new Deno.Command("deno", {
    args: [
      "bundle",
      "--quiet",
      "--platform=deno",
      `--output=${path}/packed_chunk.js`,
      "build/packed_chunk.ts",
    ],
  });
  assert.ok((await bundle.output()).success);
  const long = `/* ${"x".repeat(20_000)} */`;
  folder.write("small.js", "export const small = 1;\n");
  folder.write("shared.js", `${long}\nexport const shared = 2;\n`);
  folder.write("deep.js", `${long}\nexport const deep = 3;\n`);
  folder.write(
    "command.js",
    `import {\n  shared\n} from "./shared.js";\n${long}\nexport const sum = async () =>\n` +
      '  shared + (await import("./deep.js")).deep + (await import("./small.js")).small;\n',
  );
  folder.write("main.js", 'import "./shared.js";\nexport const load = () => import("./command.js");\n');
  await packLargeChunks(path);
  assert.deepEqual(folder.names().filter((name) => name.endsWith(".gz")), ["command.js.gz", "deep.js.gz"]);
  assert.ok(!folder.names().includes("command.js"));
  const { load } = await import(`file://${path}/main.js`);
  assert.equal(await (await load()).sum(), 6);
});
