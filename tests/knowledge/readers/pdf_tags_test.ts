// Tables that a PDF tells by name, as browsers and word processors write it.

import assert from "node:assert/strict";
import { hasTaggedTable, taggedPageText, type TaggedPart } from "../../../src/knowledge/readers/pdf_tags.ts";
import { readDocument } from "../../../src/knowledge/readers/read_document.ts";

for (const name of ["tagged.pdf", "tagged-office.pdf"]) { // by Chromium, and by LibreOffice
  Deno.test(`A table without lines keeps cells of several lines in their rows where ${name} names them`, async () => {
    const bytes = await Deno.readFile(new URL(`../../fixtures/documents/${name}`, import.meta.url));
    const { sections } = await readDocument(name, bytes);
    assert.deepEqual(sections.map(({ text }) => text.split(/\n+/)), [[
      "Day spa",
      "Please book a day ahead.",
      "| Treatment | What it includes | Price |",
      "|---|---|---|",
      "| Back massage | Warm towels, oil of your choice and ten minutes of rest with a cup of tea | $95 |",
      "| Express facial | | $45 |",
      "| Hot stones for two in the garden house | Volcanic stones, a gentle massage, and the sauna before it | $210 |",
      "| Season | Price of a room Single room | Price of a room Double room |",
      "|---|---|---|",
      "| Summer | 80 | 120 |",
      "| Winter | 60 | 90 |",
      "Children are welcome.",
    ]]);
  });
}

/** Rows of cells with these texts, and what the file says of them. */
function rowsOf(rows: readonly (readonly string[])[]) {
  const items = rows.flatMap((row, y) =>
    row.flatMap((str, x) => [
      { type: "beginMarkedContentProps", id: `${y}.${x}` },
      ...str === "" ? [] : [{ type: "beginMarkedContent" }],
      ...str === "" ? [] : [{
        ...{ str, dir: "ltr", transform: [10, 0, 0, 10, 100 * x, 700 - 20 * y] },
        ...{ width: 5 * str.length, height: 10, hasEOL: false },
      }],
      ...str === "" ? [] : [{ type: "endMarkedContent" }],
      { type: "endMarkedContent" },
    ])
  );
  const children = rows.map((row, y): TaggedPart => ({
    role: "TR",
    children: row.map((_, x) => ({ role: "TD", children: [{ type: "content", id: `${y}.${x}` }] })),
  }));
  return { items, table: { role: "Table", children: [{ role: "TBody", children }] } };
}

Deno.test("A tagged table that lays out a page is read as any text, and one within it by its cells", () => {
  const { items, table } = rowsOf([["Soup", "5"], ["Bread", ""]]);
  const layout: TaggedPart = {
    role: "Table",
    children: [{ role: "TR", children: [{ role: "TD", children: [table] }] }],
  };
  assert.equal(taggedPageText(items, layout), "| Soup | 5 |\n| Bread | |");
  const long = rowsOf([["word ".repeat(200).trim(), "5"], ["Bread", "2"]]);
  assert.doesNotMatch(taggedPageText(long.items, long.table), /^\| word/);
  const single = rowsOf([["Soup"], ["Bread"]]);
  assert.equal(
    taggedPageText(single.items, single.table, (items) => items.map(({ str }) => str).join("+")),
    "Soup+Bread",
  );
});

Deno.test("Parts of a PDF within one another without end are no table, and take no time", () => {
  let part: TaggedPart = { role: "Table", children: [] };
  for (let depth = 0; depth < 5_000; depth++) part = { role: "Div", children: [part] };
  assert.equal(hasTaggedTable(part), false);
  assert.equal(taggedPageText([], part), "");
  assert.equal(hasTaggedTable(null), false);
});
