import assert from "node:assert/strict";
import { readDocument } from "../../../src/knowledge/readers/read_document.ts";
import { pdfFrom, pdfOfStream } from "../../support/pdf.ts";

const FIXTURES = new URL("../../fixtures/documents/", import.meta.url);

async function read(name: string): Promise<{ text: string; notes: readonly string[] }> {
  const { sections, notes = [] } = await readDocument(name, Deno.readFileSync(new URL(name, FIXTURES)));
  return { text: sections.map(({ text }) => text).join("\n\n"), notes };
}

Deno.test("PDFs in Japanese, Chinese and Korean whose fonts name a CMap are read", async () => {
  assert.equal((await read("ja.pdf")).text, "診療時間は午前九時から午後六時までです。");
  assert.equal((await read("zh.pdf")).text, "营业时间为上午九点到下午六点。");
  assert.equal((await read("ko.pdf")).text, "영업시간은 오전 아홉시부터입니다.");
});

Deno.test("Arabic is in its order and in ordinary letters, drawn as forms or with ligatures", async () => {
  for (const name of ["arabic-forms.pdf", "arabic-ligature.pdf"]) {
    const { text } = await read(name);
    assert.match(text, /العيادة مفتوحة من التاسعة صباحا حتى 17:30 مساء/);
    assert.match(text, /لا يوجد موقف للسيارات \(أمام المبنى\)/);
  }
});

Deno.test("Arabic that a browser drew letter by letter from the left is in its order, with numbers in theirs", async () => {
  const { text } = await read("arabic-browser.pdf");
  assert.match(text, /^عيادة النور ساعات العمل/);
  assert.match(text, /\| اليوم \| من \| إلى \|\n(?:.*\n)?\| الأحد \| 9:00 \| 17:00 \|/);
  assert.match(text, /سعر الكشف 150 ريالاً، والمتابعة مجانية خلال 14 يوماً\. للحجز اتصل على 0112345678\./);
});

Deno.test("A filled form has its values, and the fields without one are named", async () => {
  const { text, notes } = await read("form.pdf");
  assert.equal(text, "Reservation form\n\nGuest name: Ada Lovelace\nBreakfast: Yes\nRoom: Double\npay: cash");
  assert.deepEqual(notes, ["empty form fields: Phone"]);
});

Deno.test("A table of a PDF keeps its columns where cells are empty, and prose is joined to paragraphs", async () => {
  const { text } = await read("table.pdf");
  assert.match(
    text,
    /practice, and what each of them costs\.\n\n\| \| Adults \| Children \|\n\|---\|---\|---\|/,
  );
  assert.match(text, /\| Filling \| \| 35 \|\n\| Crown \| 600 \| \|/);
});

Deno.test("A page without text is named by its number", async () => {
  assert.deepEqual(await read("scan.pdf"), {
    text: "",
    notes: ["no text on pages 1, 2 (a scan, a picture, or empty)"],
  });
});

/** The text of a page with these pieces of text, each with its left, baseline and size. */
async function readPieces(pieces: readonly (readonly [string, number, number, number?])[]): Promise<string> {
  const drawn = pieces.map(([text, left, y, size = 10]) =>
    `/F1 ${size} Tf 1 0 0 1 ${left} ${y} Tm (${text}) Tj`
  );
  const file = pdfOfStream(new TextEncoder().encode(`BT ${drawn.join(" ")} ET`), "");
  return (await readDocument("page.pdf", file)).sections.map(({ text }) => text).join("\n\n");
}

Deno.test("Cells of a table are apart though one is as wide as its column, or wider, or stands on another baseline", async () => {
  const text = await readPieces([
    ["Room", 72, 700],
    ["Price", 150, 700],
    ["Floor", 220, 700],
    ["double", 72, 680],
    ["120", 150, 680],
    ["2", 220, 680],
    ["double with a view", 72, 660], // 81 points wide
    ["140", 150, 660],
    ["2", 220, 660],
    ["suite with salon", 72, 640], // ends 5 points before the next cell, whose text stands lower
    ["240", 150, 634],
    ["3", 220, 634],
  ]);
  assert.equal(
    text,
    [
      "| Room | Price | Floor |",
      "|---|---|---|",
      "| double | 120 | 2 |",
      "| double with a view | 140 | 2 |",
      "| suite with salon | 240 | 3 |",
    ].join("\n"),
  );
});

Deno.test("A word that is cut at the end of a line is whole in a cell, too", async () => {
  const text = await readPieces([
    ["Service", 72, 700],
    ["Price", 150, 700],
    ["Cleaning", 72, 680],
    ["90 with polish-", 150, 680],
    ["ing of all teeth", 150, 668],
    ["Check", 72, 640],
    ["50", 150, 640],
  ]);
  assert.match(text, /\| Cleaning \| 90 with polishing of all teeth \|/);
});

Deno.test("A hyphen at the end of a line stays where it belongs to the word", async () => {
  const lines = [
    "Ab dem ersten Mai gelten die neuen Haus-",
    "ordnungen, Ein- und Auszahlungen, Vor-",
    "und Nachteile und die neuen Debian-",
    "Richtlinien an allen Tagen von 9-",
    "17 Uhr in allen Filialen.",
  ];
  assert.equal(
    await readPieces(lines.map((line, index) => [line, 72, 700 - 12 * index])),
    "Ab dem ersten Mai gelten die neuen Hausordnungen, Ein- und Auszahlungen, Vor- und Nachteile und die neuen " +
      "Debian-Richtlinien an allen Tagen von 9-17 Uhr in allen Filialen.",
  );
});

Deno.test("The sign of a footnote is no part of its first word", async () => {
  const text = await readPieces([
    ["Open on all days", 72, 700],
    ["1", 150, 704, 6],
    ["1", 72, 100, 6],
    ["Except at Christmas.", 76, 97],
  ]);
  assert.match(text, /days ?¹/);
  assert.match(text, /^1 Except at Christmas\.$/m);
});

Deno.test("A page of a scan with its number alone is one without text, and a stamp that repeats is told of", async () => {
  const page = (text: string) => `BT /F1 10 Tf 1 0 0 1 72 700 Tm (${text}) Tj ET`;
  const read = async (...texts: string[]) => {
    const { sections, notes = [] } = await readDocument(
      "a.pdf",
      pdfFrom(texts.map((text) => ({ stream: new TextEncoder().encode(page(text)), entries: "" }))),
    );
    return { texts: sections.map(({ text }) => text), notes };
  };
  assert.deepEqual(await read("- 1 -", "Page 2 of 3", "Call 112 at night."), {
    texts: ["Call 112 at night."],
    notes: ["no text on pages 1, 2 (a scan, a picture, or empty)"],
  });
  assert.deepEqual(await read("Doctor White 1", "Doctor White 2", "We open at 9."), {
    texts: ["Doctor White 1", "Doctor White 2", "We open at 9."],
    notes: ["the same line and no more on pages 1, 2 (perhaps scans)"],
  });
});

Deno.test("A name centred above figures at the side of their column is the name of that column", async () => {
  const text = await readPieces([
    ["Room", 90, 700],
    ["Summer", 210, 700],
    ["Winter", 360, 700],
    ["Single", 55, 684],
    ["89", 260, 684],
    ["69", 410, 684],
    ["Double", 55, 668],
    ["129", 255, 668],
  ]);
  assert.equal(text, "| Room | Summer | Winter |\n|---|---|---|\n| Single | 89 | 69 |\n| Double | 129 | |");
});

Deno.test("Cells of a narrow table are apart where all of its rows leave a gap free", async () => {
  const text = await readPieces([
    ["Course", 55, 700],
    ["Mo", 100, 700],
    ["Tu", 140, 700],
    ["We", 180, 700],
    ["Yoga", 55, 684],
    ["18:00", 94, 684],
    ["19:30", 174, 684],
    ["Pilates", 55, 668],
    ["17:00", 134, 668],
  ]);
  assert.match(text, /^\| Course \| Mo \| Tu \| We \|$/m);
  assert.match(text, /^\| Yoga \| 18:00 \| \| 19:30 \|$/m);
  assert.match(text, /^\| Pilates \| \| 17:00 \| \|$/m);
});

Deno.test("A row of a PDF that is no table with its neighbours stays a line", async () => {
  const text = await readPieces([
    ["Soup", 55, 700],
    ["5,50", 120, 700],
    ["Drinks 0,3 l and more", 55, 684],
    ["Cola", 55, 668],
    ["3,20", 120, 668],
  ]);
  assert.equal(text, "Soup | 5,50\nDrinks 0,3 l and more\nCola | 3,20");
});

Deno.test("Lines that are set flush have wide spaces, and no cells", async () => {
  const word = (text: string, left: number, y: number) => [text, left, y] as const;
  // By the widths of Helvetica, the lines begin at 50 and end at 196.2 points.
  const text = await readPieces([
    word("The sauna is characterised by its", 50, 700),
    word("quiet", 50, 688),
    word("and", 113.4, 688),
    word("warm", 171.7, 688),
    word("atmosphere", 50, 676),
    word("throughout", 148.4, 676),
    word("the year.", 50, 664),
    ["Soup", 50, 600],
    ["5", 190.6, 600],
    ["Bread", 50, 588],
    ["2", 190.6, 588],
  ]);
  assert.equal(
    text,
    "The sauna is characterised by its quiet and warm atmosphere throughout the year.\n\n| Soup | 5 |\n| Bread | 2 |",
  );
});

Deno.test("Dots that lead to a price are one sign, and each row of them is a line", async () => {
  const rows = ["Soup", "Salad with goat cheese", "Steak"].map((dish, index) =>
    [`${dish} ${". ".repeat(40 - dish.length)}${index + 7},50`, 55, 700 - 14 * index] as const
  );
  assert.equal(await readPieces(rows), "Soup … 7,50\nSalad with goat cheese … 8,50\nSteak … 9,50");
  const drawnLast = ["Soup", "Steak"].flatMap((dish, index) => {
    const y = 700 - 14 * index;
    return [[dish, 55, y], [`${index + 7},50`, 400, y], [". ".repeat(50), 100, y]] as const;
  });
  assert.equal(await readPieces(drawnLast), "Soup … 7,50\nSteak … 8,50");
  assert.equal(await readPieces([["Soup", 55, 700], [". ".repeat(50), 55, 660]]), "Soup\n\n…");
});
