import assert from "node:assert/strict";

const DOORS = ["src/mod.ts", "src/lab/mod.ts"];
/** Files whose docstrings have examples. */
const WITH_EXAMPLES = [
  "src/app/create_server.ts",
  "src/call/tools/define_tool.ts",
  "src/records/record_store.ts",
  "src/lab/mod.ts",
];
/** `noUnusedLocals`: an example may show what it does not use. */
const UNUSED = ["TS6133", "TS6192", "TS6196"];

async function deno(...args: string[]): Promise<{ success: boolean; text: string }> {
  const command = new Deno.Command("deno", { args, env: { NO_COLOR: "1" } });
  const { success, stderr } = await command.output();
  return { success, text: new TextDecoder().decode(stderr) };
}

Deno.test("the library's two doors are documented: deno doc --lint finds nothing", async () => {
  const { success, text } = await deno("doc", "--quiet", "--lint", ...DOORS);
  assert.ok(success, text);
});

Deno.test("the examples in docstrings have the right types", async () => {
  const { text } = await deno("check", "--quiet", "--doc", ...WITH_EXAMPLES);
  const codes = [...text.matchAll(/(TS\d+) \[ERROR\]/g)].map(([, code]) => code);
  assert.deepEqual(codes.filter((code) => !UNUSED.includes(code)), [], text);
  assert.doesNotMatch(text, /Cannot find module/);
});

Deno.test("every example says how it is run, is run by a test, and uses what a user of the library can use", async () => {
  const tests = await Deno.readTextFile("tests/examples/examples_test.ts");
  const names = Array.from(Deno.readDirSync("examples"), ({ name }) => name).filter((name) =>
    name.endsWith(".ts")
  );
  assert.ok(names.length >= 4);
  for (const name of names) {
    const text = await Deno.readTextFile(`examples/${name}`);
    assert.match(text, new RegExp(`^//   .*deno (run|test) .*examples/${name}$`, "m"), name);
    assert.ok(name.endsWith("_test.ts") || tests.includes(`"${name}"`), `${name} is run by no test`);
    const imports = [...text.matchAll(/from "([^"]+)"/g)].map(([, specifier]) => specifier);
    assert.deepEqual(imports.filter((from) => !/^(node:|\.\.\/src\/(lab\/)?mod\.ts$)/.test(from)), [], name);
  }
});
