// Files that lead out of their folder: links, names and paths that somebody with access to a folder of descriptions could try.

import assert from "node:assert/strict";
import { FolderSource } from "../../src/businesses/folder_source.ts";
import { documentsAt } from "../../src/knowledge/readers/documents_at.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ManualClock } from "../support/manual_clock.ts";

const BUSINESS = { name: "Acme", numbers: ["+15550100001"] };
const SECRET = "OPENAI_API_KEY=sk-secret";

/** Runs a command in a shell; Deno makes links for programs with all permissions alone. */
async function shell(...words: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("bash", { args: ["-c", '"$@"', "bash", ...words] })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function folders() {
  const temp = new TempFolder();
  const businesses = `${temp.path}/businesses`;
  await Deno.mkdir(`${businesses}/texts`, { recursive: true });
  await Deno.writeTextFile(`${temp.path}/.env`, SECRET);
  await Deno.writeTextFile(`${businesses}/texts/words.md`, "Be brief.");
  return { temp, businesses };
}

Deno.test("A business file reads nothing outside of its folder, by whatever path or link", async () => {
  const { temp, businesses } = await folders();
  using _temp = temp;
  const paths = [
    "../.env",
    "texts/../../.env",
    "x\n/../../.env",
    "x\r/../../.env",
    "x\u2028/../../.env",
    "x\u0000/../../.env",
    "/etc/passwd",
    "out.md",
    "out/.env",
    "texts",
    "pipe.md",
  ];
  await shell("ln", "-s", `${temp.path}/.env`, `${businesses}/out.md`);
  await shell("ln", "-s", temp.path, `${businesses}/out`);
  await shell("mkfifo", `${businesses}/pipe.md`);
  for (const file of paths) {
    await Deno.writeTextFile(
      `${businesses}/acme.json`,
      JSON.stringify({ ...BUSINESS, instructions: { file } }),
    );
    const { good, problems } = (await new FolderSource(businesses, () =>
      undefined, new ManualClock()).read())!;
    assert.deepEqual([good.length, problems.length], [0, 1], JSON.stringify(file));
    assert.doesNotMatch(JSON.stringify(problems), /sk-secret/);
  }
  // What a container mounts are links within the folder.
  await shell("ln", "-s", "texts/words.md", `${businesses}/in.md`);
  await Deno.writeTextFile(
    `${businesses}/acme.json`,
    JSON.stringify({ ...BUSINESS, instructions: { file: "in.md" } }),
  );
  const { good } = (await new FolderSource(businesses, () => undefined, new ManualClock()).read())!;
  assert.equal(good[0].business.instructions, "Be brief.");
});

Deno.test("A business file itself is in its folder, and its name forges no line", async () => {
  const { temp, businesses } = await folders();
  using _temp = temp;
  const text = JSON.stringify({ ...BUSINESS, instructions: "Be brief." });
  await Deno.writeTextFile(`${temp.path}/elsewhere.json`, text);
  await shell("ln", "-s", `${temp.path}/elsewhere.json`, `${businesses}/linked.json`);
  await Deno.writeTextFile(`${businesses}/a\n12:00:00 error \u001b[31mhacked.json`, text);
  const { good, problems } = (await new FolderSource(businesses, () => undefined, new ManualClock()).read())!;
  assert.deepEqual([good.length, problems.length], [0, 2]);
  for (const { file } of problems) assert.doesNotMatch(file, /[\p{Cc}]/u);
});

Deno.test("Documents below a folder do not lead out of it", async () => {
  const { temp } = await folders();
  using _temp = temp;
  const documents = `${temp.path}/documents`;
  await Deno.mkdir(documents);
  await Deno.writeTextFile(`${documents}/good.md`, "# Good");
  assert.deepEqual((await documentsAt([documents])).sources.map(({ name }) => name), ["good.md"]);
  await shell("ln", "-s", `${temp.path}/.env`, `${documents}/notes.md`);
  await shell("ln", "-s", temp.path, `${documents}/out`);
  await Deno.writeTextFile(`${documents}/a\nb.md`, "# Bad");
  const { sources, unread } = await documentsAt([documents]);
  assert.deepEqual(unread, ["out"]);
  const problems = await Promise.all(
    sources.map(({ name, read }) => read().then(() => name, ({ code }) => `${name} ${code}`)),
  );
  assert.deepEqual(problems, ['"a\\nb.md" documents_bad_name', "good.md", "notes.md file_outside"]);
});
