import assert from "node:assert/strict";
import project from "../deno.json" with { type: "json" };

/** The formatter breaks code at this column, but no comment. */
const WIDTH = project.fmt.lineWidth;
/** A line that is a comment, or ends with one. */
const COMMENT = /^\s*(?:\/\*|\*|\/\/)|\s\/\/ /;
const URL_IN_LINE = /https?:\/\//;

const ROOT = new URL("../", import.meta.url);

/** Folders and files whose comments are still to be wrapped. Only ever take lines off this list. */
const STILL_OVER: readonly string[] = ["src/knowledge/readers/cmaps_data.ts"];

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await filesBelow(path));
    else if (name.endsWith(".ts")) found.push(path);
  }
  return found;
}

/** The comments of a file that are too wide, as `path:line`. */
async function wideComments(path: string): Promise<string[]> {
  const lines = (await Deno.readTextFile(new URL(path, ROOT))).split("\n");
  return lines.flatMap((line, index) =>
    line.length > WIDTH && COMMENT.test(line) && !URL_IN_LINE.test(line) ? `${path}:${index + 1}` : []
  );
}

const wide = (await Promise.all((await filesBelow("src")).map(wideComments))).flat();

Deno.test(`No comment of src goes beyond column ${WIDTH}, unless it has a URL`, () => {
  assert.deepEqual(wide.filter((place) => !STILL_OVER.some((path) => place.startsWith(path))), []);
});

Deno.test("The list of what has wide comments names nothing that is gone or has been wrapped", () => {
  const done = STILL_OVER.filter((path) => !wide.some((place) => place.startsWith(path)));
  assert.deepEqual(done, [], "take them off STILL_OVER");
});
