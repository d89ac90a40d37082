import assert from "node:assert/strict";
import { FolderSource } from "../../src/businesses/folder_source.ts";
import { businessOf, lines, readFile } from "./business_files.ts";
import { BusinessFolder } from "./folder.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("holdWords are texts, or WAV files beside the business's, each by its place on this machine", async () => {
  await using folder = await BusinessFolder.create();
  await Deno.writeTextFile(`${folder.path}/hold.wav`, "RIFF");
  await folder.write("acme.json", { holdWords: ["One second.", { file: "hold.wav", text: "A moment." }] });
  const { good } = (await new FolderSource(folder.path, () => undefined, new ManualClock()).read())!;
  assert.deepEqual(good[0].business.holdWords, [
    "One second.",
    { file: `${folder.path}/hold.wav`, text: "A moment." },
  ]);
});

Deno.test("holdWords name no file that is not there, or that is elsewhere", async () => {
  await using folder = await BusinessFolder.create();
  await Deno.mkdir(`${folder.path}/folder.wav`);
  const files = ["gone.wav", "folder.wav"];
  await folder.write("acme.json", { holdWords: files.map((file) => ({ file, text: "A moment." })) });
  const { problems } = (await new FolderSource(folder.path, () => undefined, new ManualClock()).read())!;
  assert.deepEqual(
    lines(problems),
    files.map((file, i) =>
      `acme.json: holdWords[${i}].file must be a file that can be read, but ${file} cannot`
    ),
  );
  const up = "holdWords[0].file must be the path of a file beside this one or below, such as NAME.wav";
  assert.deepEqual(await readFile({ holdWords: [{ file: "../hold.wav", text: "A moment." }] }), [
    `acme.json: ${up}`,
  ]);
});

Deno.test("holdWords are at most four short sentences, and none is fine", async () => {
  assert.deepEqual((await businessOf({ holdWords: [] })).holdWords, []);
  assert.equal((await businessOf({})).holdWords, undefined);
  assert.deepEqual(await readFile({ holdWords: ["a", "b", "c", "d", "e"] }), [
    "acme.json: holdWords must be a list of sentences, at most 4",
  ]);
  const wanted = "must be a text of 1 to 80 characters";
  assert.deepEqual(await readFile({ holdWords: ["x".repeat(81)] }), [`acme.json: holdWords[0] ${wanted}`]);
});

Deno.test("holdWords are texts where there are no files", async () => {
  assert.deepEqual(await readFile({ holdWords: [{ file: "hold.wav", text: "A moment." }] }), [
    "acme.json: holdWords[0] must be a text: there are no files where this is",
  ]);
});
