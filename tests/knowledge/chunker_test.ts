import assert from "node:assert/strict";
import fc from "fast-check";
import {
  cutIntoChunks,
  MAX_CHUNK_CHARS,
  MAX_HEADING_CHARS,
  OVERLAP_CHARS,
  type Section,
} from "../../src/knowledge/chunker.ts";

function texts(...sections: Section[]): string[] {
  return [...cutIntoChunks("a.md", sections)].map(({ text }) => text);
}

/** `count` different sentences of about 80 characters. */
function sentences(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `Sentence number ${index} tells what nobody would have known without reading it here.`,
  ).join(" ");
}

Deno.test("cutIntoChunks keeps a short section whole, with its heading and source", () => {
  const [chunk, ...others] = cutIntoChunks("a.md", [{
    heading: "Prices >  Children",
    text: " Half\tprice.\n",
  }]);
  assert.deepEqual(others, []);
  assert.deepEqual([chunk.source, chunk.heading, chunk.text], ["a.md", "Prices > Children", "Half price."]);
});

Deno.test("cutIntoChunks never joins sections, and leaves out empty ones", () => {
  const sections = [{ heading: "A", text: "One." }, { heading: "B", text: " \n " }, {
    heading: "C",
    text: "Two.",
  }];
  assert.deepEqual(texts(...sections), ["One.", "Two."]);
});

Deno.test("cutIntoChunks cuts between sentences, and begins each chunk with the end of the one before", () => {
  const chunks = texts({ heading: "", text: sentences(40) });
  assert.ok(chunks.length > 3);
  for (const [index, chunk] of chunks.entries()) {
    assert.ok(chunk.length <= MAX_CHUNK_CHARS);
    assert.match(chunk, /^Sentence number .*here\.$/);
    if (index === 0) continue;
    const repeated = /^Sentence number \d+ [^.]*\./.exec(chunk)![0];
    assert.ok(chunks[index - 1].endsWith(repeated), `${repeated} is the end of the chunk before`);
    assert.ok(repeated.length <= OVERLAP_CHARS);
  }
});

Deno.test("cutIntoChunks cuts a sentence that is longer than a chunk between its words", () => {
  const chunks = texts({
    heading: "",
    text: Array.from({ length: 500 }, (_, index) => `word${index}`).join(" "),
  });
  assert.ok(chunks.length > 1);
  assert.deepEqual(
    chunks.flatMap((chunk) => chunk.split(" ")),
    Array.from({ length: 500 }, (_, index) => `word${index}`),
  );
});

Deno.test("cutIntoChunks cuts a heading that is longer than its limit", () => {
  const [{ heading }] = cutIntoChunks("a.md", [{ heading: "x".repeat(500), text: "One." }]);
  assert.equal(heading.length, MAX_HEADING_CHARS);
});

Deno.test("A chunk's id is that of its text and place, and a text that occurs twice is one chunk", () => {
  const section = { heading: "A", text: "One." };
  const [first, ...others] = cutIntoChunks("a.md", [section, section]);
  assert.deepEqual(others, []);
  const ids = [
    ...cutIntoChunks("a.md", [section]),
    ...cutIntoChunks("b.md", [section]),
    ...cutIntoChunks("a.md", [{ ...section, heading: "B" }]),
    ...cutIntoChunks("a.md", [{ ...section, text: "Two." }]),
  ].map(({ id }) => id);
  assert.equal(ids[0], first.id);
  assert.equal(new Set(ids).size, 4);
});

Deno.test("Whatever the text, no chunk is too long or empty, and every word is in one of them", () => {
  const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((text) =>
    !/\s|\0/.test(text)
  );
  const mark = fc.constantFrom(" ", ". ", "! ", "\n", "\n\n", "  \t", "。");
  fc.assert(fc.property(fc.array(fc.tuple(word, mark), { maxLength: 400 }), (parts) => {
    const chunks = texts({ heading: "", text: parts.flat().join("") });
    for (const chunk of chunks) assert.ok(chunk.trim() !== "" && chunk.length <= MAX_CHUNK_CHARS);
    const squeezed = chunks.join("").replace(/\s/g, "");
    for (const [text] of parts) assert.ok(squeezed.includes(text), text);
  }));
});

Deno.test("Rows of a table of very many columns keep their names, in chunks that are none too long", () => {
  const legend = `Euros a night. ${"Breakfast and the pool are included. ".repeat(5)}`.slice(0, 200).trim();
  for (const columns of [2, 59, 60, 61, 130, 149]) {
    const names = Array.from({ length: columns }, (_, index) => index % 10);
    const group = `| **${"Rooms with a view of the lake, ".repeat(3).trim()}** |${" |".repeat(columns - 1)}`;
    const row = `| ${"Double room with a balcony, ".repeat(2)}| ${
      Array(columns - 1).fill("120.00").join(" | ")
    } |`;
    const table = [`|${names.join("|")}|`, `|${"---|".repeat(columns)}`, group, row, row].join("\n");
    const found = texts({ heading: "Rooms", text: `${legend}\n\n${table}` });
    assert.ok(found.length < 12, `${columns} columns give ${found.length} chunks`);
    for (const text of found) assert.ok(text.length <= MAX_CHUNK_CHARS, `${text.length} characters`);
    assert.ok(found.some((text) => text.includes("Double room with a balcony")));
  }
});
