import assert from "node:assert/strict";
import { FolderSource } from "../../src/businesses/folder_source.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ManualClock } from "../support/manual_clock.ts";

const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const utf16 = (text: string) =>
  new Uint8Array(Uint16Array.from(`\ufeff${text}`, (unit) => unit.charCodeAt(0)).buffer);

/** What becomes of a business file and its instructions, in these bytes. */
async function read(file: Uint8Array | string, instructions: Uint8Array | string) {
  using folder = new TempFolder();
  folder.write("cafe.json", file);
  folder.write("words.md", instructions);
  const { good, problems } =
    (await new FolderSource(folder.path, () => undefined, new ManualClock()).read())!;
  return { good: good.map(({ business: { name, instructions } }) => [name, instructions]), problems };
}

const BUSINESS = JSON.stringify({
  name: "Café",
  numbers: ["+15550100001"],
  instructions: { file: "words.md" },
});

Deno.test("Business files and instructions are read in UTF-8 and marked UTF-16, and refused in Windows-1252", async () => {
  const wanted = [["Café", "Say Café."]];
  assert.deepEqual((await read(BUSINESS, "Say Café.")).good, wanted);
  assert.deepEqual((await read(utf16(BUSINESS), utf16("Say Café."))).good, wanted);
  const problem = "must be a text in UTF-8, or in UTF-16 with a byte order mark";
  assert.deepEqual((await read(latin(BUSINESS), "Say Café.")).problems, [{
    file: "cafe.json",
    path: "",
    problem,
  }]);
  const { good, problems } = await read(BUSINESS, latin("Say Café."));
  assert.deepEqual([good, problems], [[], [{ file: "cafe.json", path: "instructions.file", problem }]]);
});
