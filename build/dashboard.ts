// `deno task dashboard` bundles the dashboard's page in src/http/dashboard/page for the browser, and writes its files as
// text into page_files.ts. `deno task dashboard --check` writes nothing and fails when the committed file differs.
//
// Text in a module needs no read permission, and goes through `deno bundle` and `deno compile` unchanged.

const FOLDER = new URL("../src/http/dashboard/", import.meta.url);
const OUTPUT = new URL("page_files.ts", FOLDER);

const base = await read("base.css");
const files = {
  PAGE_HTML: await read("page.html"),
  PAGE_CSS: base + await read("page.css"),
  PAGE_SCRIPT: await bundle("page/main.ts"),
  LOGIN_HTML: await read("login.html"),
  LOGIN_CSS: base + await read("login.css"),
};
const module = [
  "// Made by `deno task dashboard` from the files in ./page.",
  ...Object.entries(files).map(([name, text]) => `\nexport const ${name} = ${literal(text)};`),
  "",
].join("\n");

if (!Deno.args.includes("--check")) {
  await Deno.writeTextFile(OUTPUT, module);
  console.log(`page_files.ts: ${module.length} characters`);
} else if (await Deno.readTextFile(OUTPUT) !== module) {
  console.error("page_files.ts is not what its sources make: run deno task dashboard and commit the result.");
  Deno.exit(1);
}

function read(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`page/${name}`, FOLDER));
}

/** @throws {Error} when the bundler fails; it has said why on standard error */
async function bundle(path: string): Promise<string> {
  const { success, stdout } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform=browser", new URL(path, FOLDER).pathname],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`deno bundle ${path} failed.`);
  return new TextDecoder().decode(stdout);
}

/** A template literal that stands for exactly `text`. */
function literal(text: string): string {
  return `\`${text.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")}\``;
}
