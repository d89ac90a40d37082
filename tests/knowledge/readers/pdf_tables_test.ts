// Tables of a PDF by the lines that are drawn around their cells.

import assert from "node:assert/strict";
import { rulingsOf } from "../../../src/knowledge/readers/pdf_rulings.ts";
import { ruledPageText } from "../../../src/knowledge/readers/pdf_tables.ts";
import type { TextItem } from "../../../src/knowledge/readers/pdf_text.ts";
import { readDocument } from "../../../src/knowledge/readers/read_document.ts";
import { pdfOfStream } from "../../support/pdf.ts";

const NUMBERS = {
  save: 10,
  restore: 11,
  transform: 12,
  constructPath: 91,
  endPath: 28,
  paintFormXObjectBegin: 74,
  paintFormXObjectEnd: 75,
};
const STROKE = 20;

/** A line of text at a place, in type of ten points. */
function at(left: number, y: number, str: string): TextItem {
  return {
    str,
    dir: "ltr",
    transform: [10, 0, 0, 10, left, y],
    width: str.length * 5,
    height: 10,
    hasEOL: true,
  };
}

/** Lines as a page draws them. @param lines `[x, y, x, y]` each */
function drawn(lines: readonly (readonly [number, number, number, number])[]) {
  const paths = lines.map(([x, y, toX, toY]) => [STROKE, [[0, x, y, 1, toX, toY]], null]);
  return rulingsOf({ fnArray: paths.map(() => NUMBERS.constructPath), argsArray: paths }, NUMBERS);
}

const across = (y: number, from = 0, to = 300) => [from, y, to, y] as const;
const down = (x: number, from: number, to: number) => [x, from, x, to] as const;

Deno.test("A ruled table of a PDF keeps cells of several lines in their rows, as Chromium prints it", async () => {
  const bytes = await Deno.readFile(new URL("../../fixtures/documents/ruled.pdf", import.meta.url));
  const { sections } = await readDocument("ruled.pdf", bytes);
  assert.deepEqual(sections.map(({ text }) => text.split("\n")), [[
    "Treatments",
    "",
    "| Service | What it includes | Time | Price |",
    "|---|---|---|---|",
    "| Deep tissue massage for the back and the shoulders | Warm towels, oil of your choice, ten minutes of rest and a cup of herbal tea afterwards in the quiet room | 60 min | $95 |",
    "| Express facial | Cleansing and mask | 25 min | $45 |",
    "| Hot stones | Volcanic stones from Iceland laid along the spine, then a gentle massage with almond oil; not for pregnant guests | 75 min | $120, or $100 on Mondays and Tuesdays |",
    "| Couples' ritual in the garden house, with sauna | Two masseurs at once | 90 min | $210 |",
  ]]);
});

Deno.test("A table without lines at its sides is one, and a cell over two rows is in both", () => {
  const items = [
    at(5, 85, "Room"),
    at(105, 85, "Season"),
    at(205, 85, "Price"),
    at(5, 55, "Double"),
    at(105, 65, "low"),
    at(205, 65, "80 euros"),
    at(105, 45, "high, from"),
    at(105, 35, "June on"),
    at(205, 45, "120 euros"),
    at(5, 0, "All with breakfast."),
  ];
  const lines = [
    across(100),
    across(80),
    across(60, 100),
    across(30),
    down(100, 30, 100),
    down(200, 30, 100),
  ];
  assert.equal(
    ruledPageText(items, drawn(lines)),
    "| Room | Season | Price |\n|---|---|---|\n| Double | low | 80 euros |\n" +
      "| Double | high, from June on | 120 euros |\n\nAll with breakfast.",
  );
});

Deno.test("Numbers in a right-to-left line stand between its words, and are no cells", () => {
  const piece = (left: number, right: number, str: string, dir: string, hasEOL = false): TextItem => ({
    ...{ str, dir, transform: [12, 0, 0, 12, left, 700], width: right - left, height: 12, hasEOL },
  });
  // As LibreOffice draws it.
  const items = [
    piece(438, 501, "سعر الكشف", "rtl"),
    piece(411, 434, "150", "ltr"),
    piece(276, 408, "ريالا، والمتابعة مجانية خلال", "rtl"),
    piece(256, 272, "14", "ltr"),
    piece(200, 253, "يوما", "rtl"),
    piece(196, 200, ".", "ltr", true),
  ];
  assert.equal(
    ruledPageText(items, { across: [], down: [] }),
    "سعر الكشف 150 ريالا، والمتابعة مجانية خلال 14 يوما.",
  );
});

Deno.test("Frames around prose, underlines, curves and what only clips make no table", () => {
  const items = [at(5, 85, "One."), at(105, 85, "Two."), at(5, 65, "Three."), at(105, 65, "Four.")];
  const plain = ruledPageText(items, { across: [], down: [] });
  assert.equal(
    ruledPageText(items, drawn([across(100), across(50), down(0, 50, 100), down(300, 50, 100)])),
    plain,
  );
  assert.equal(ruledPageText(items, drawn([across(83, 5, 25), across(63, 5, 30)])), plain);
  const grid = [0, 0, 50, 1, 300, 50, 1, 300, 100, 1, 0, 100, 4];
  const fnArray = [NUMBERS.constructPath, NUMBERS.constructPath];
  const hidden = [[NUMBERS.endPath, [grid], null], [STROKE, [[0, 0, 75, 2, 1, 1, 2, 2, 300, 75]], null]];
  assert.deepEqual(rulingsOf({ fnArray, argsArray: hidden }, NUMBERS), { across: [], down: [] });
  const prose = at(5, 85, "word ".repeat(200));
  const columns = [prose, at(105, 85, "Two."), at(5, 65, "Three."), at(105, 65, "Four.")];
  const lines = [
    across(100),
    across(75),
    across(50),
    down(0, 50, 100),
    down(100, 50, 100),
    down(300, 50, 100),
  ];
  assert.equal(ruledPageText(columns, drawn(lines)), ruledPageText(columns, { across: [], down: [] }));
});

Deno.test("Lines stand where transformations put them, and a page of nothing but lines takes no time", () => {
  const path = [STROKE, [[0, 0, 0, 1, 100, 0]], null];
  const { save, transform, constructPath, restore } = NUMBERS;
  const page = {
    fnArray: [save, transform, constructPath, restore, constructPath],
    argsArray: [null, [0, 2, -2, 0, 50, 10], path, null, path],
  };
  assert.deepEqual(rulingsOf(page, NUMBERS), {
    across: [{ at: 0, from: 0, to: 100 }],
    down: [{ at: 50, from: 10, to: 210 }],
  });
  const many = Array.from({ length: 9_000 }, (_, index) => across(index * 4, 0, 3_000)).concat(
    Array.from({ length: 9_000 }, (_, index) => down(index * 4, 0, 3_000) as never),
  );
  const startedMs = performance.now();
  assert.equal(ruledPageText([at(5, 5, "One.")], drawn(many)), "One.");
  assert.ok(performance.now() - startedMs < 3_000, `${performance.now() - startedMs} ms`);
});

Deno.test("A page that draws a map beside its text is read, without looking at each of its lines", async () => {
  const cell = (x: number, y: number, text: string) => `BT /F1 10 Tf ${x} ${y} Td (${text}) Tj ET\n`;
  const table = [
    cell(55, 705, "Room"),
    cell(205, 705, "Price"),
    cell(55, 665, "Double, two"),
    cell(55, 650, "terraces"),
    cell(205, 665, "80 euros,"),
    cell(205, 650, "with breakfast"),
    "0.5 w 50 720 m 350 720 l S 50 690 m 350 690 l S 50 640 m 350 640 l S ",
    "50 640 m 50 720 l S 200 640 m 200 720 l S 350 640 m 350 720 l S\n",
  ].join("");
  const read = async (drawing: string) => {
    const pdf = pdfOfStream(new TextEncoder().encode(table + drawing), "");
    return (await readDocument("map.pdf", pdf)).sections[0].text;
  };
  assert.equal(
    await read(""),
    "| Room | Price |\n|---|---|\n| Double, two terraces | 80 euros, with breakfast |",
  );
  const map = await read("1 2 m 3 4 l S\n".repeat(30_000));
  assert.doesNotMatch(map, /^\|/m);
  for (const word of ["Room", "Price", "Double, two", "terraces", "80 euros,", "with breakfast"]) {
    assert.ok(map.includes(word));
  }
});
