import assert from "node:assert/strict";

const MAKER = "build/server_bundle.ts";

async function run(...args: string[]): Promise<{ code: number; out: string; said: string }> {
  const command = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", ...args],
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  return {
    code,
    out: new TextDecoder().decode(stdout).trim(),
    said: new TextDecoder().decode(stderr).trim(),
  };
}

Deno.test("The server's bundle is made once, and holds neither other commands nor the packages of first use; of the laboratory the telephone alone", async () => {
  const flags = ["--allow-read=.", "--allow-write=dist", "--allow-run=deno"];
  const { out: main, said } = await run(...flags, MAKER);
  assert.match(main, /^dist\/server\/[0-9a-f]{16}\/main\.js$/, said);
  const { mtime } = await Deno.stat(main);
  assert.equal((await run(...flags, MAKER)).out, main);
  assert.deepEqual((await Deno.stat(main)).mtime, mtime);

  const folder = main.slice(0, main.lastIndexOf("/"));
  const sources = await Promise.all(
    Deno.readDirSync(folder).map(({ name }) => Deno.readTextFile(`${folder}/${name}`)),
  );
  const modules = sources.flatMap((source) => source.match(/^\/\/ \S+\.m?[jt]s$/gm) ?? []);
  assert.ok(modules.includes("// src/app/app.ts"), "the bundler names modules");
  assert.ok(
    modules.includes("// src/lab/telephone/browser_telephone.ts"),
    "it is the server that main.ts runs",
  );
  assert.deepEqual(
    modules.filter((name) =>
      // The telephone takes Twilio's part, whose voice is made of the tones of openai/audio.
      /src\/lab\/(?!telephone|twilio|web_socket|openai\/audio)|src\/cli\/(ask|dial|doctor|ingest|init)/.test(
        name,
      )
    ),
    [],
  );
  const packages = modules.flatMap((name) => /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
  assert.deepEqual([...new Set(packages)].sort(), [
    "@cfworker/json-schema",
    "@opentelemetry/api",
    "@orama/stemmers",
    "@orama/stopwords",
    "fastest-levenshtein",
    "jsonc-parser",
    "valibot",
    "yaml",
  ]);

  for (const source of sources) {
    assert.doesNotMatch(source, /[^\0-\xff]/, "V8 holds it in two bytes a character");
    assert.doesNotMatch(source, /from "node:module"/, "which brings all of Node's modules");
  }

  const { code, out } = await run("--permission-set=server", main, "serve", "--help");
  assert.equal(code, 0);
  assert.match(out, /^Usage: slimline serve /);
});

Deno.test("Where no bundle can be made, the server runs without it, and says so", async () => {
  const { code, out, said } = await run("--allow-read=deno.json", MAKER);
  assert.deepEqual({ code, out }, { code: 0, out: "main.ts" });
  assert.match(said, /^The server runs without a bundle, in 9 MB more: .*read access/s);
});
