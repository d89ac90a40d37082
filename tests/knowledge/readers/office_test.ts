// Documents of office programs: made by python-docx 1.2 and openpyxl 3.1, which know nothing of our readers.

import assert from "node:assert/strict";
import { zipSync } from "fflate";
import { readDocument } from "../../../src/knowledge/readers/read_document.ts";
import type { ReadDocument } from "../../../src/knowledge/readers/document_text.ts";

const FIXTURES = new URL("../../fixtures/documents/", import.meta.url);

function read(name: string): Promise<ReadDocument> {
  return readDocument(name, Deno.readFileSync(new URL(name, FIXTURES)));
}

function texts({ sections }: ReadDocument): [heading: string, text: string][] {
  return sections.map(({ heading, text }) => [heading, text.replace(/\n{2,}/g, "\n\n")]);
}

/** A document of Word with this body. */
function wordOf(body: string, more: Record<string, string> = {}): Uint8Array {
  const encoded = (text: string) => new TextEncoder().encode(text);
  return zipSync({
    "[Content_Types].xml": encoded("<Types/>"),
    "word/document.xml": encoded(`<w:document xmlns:w="w"><w:body>${body}</w:body></w:document>`),
    ...Object.fromEntries(Object.entries(more).map(([name, text]) => [name, encoded(text)])),
  });
}

Deno.test("A document of Word has its headings, tables with merged cells, raised digits and letterhead", async () => {
  assert.deepEqual(texts(await read("letter.docx")), [
    ["Preise > Zahnreinigung", "Eine Reinigung kostet 89 Euro. Der Raum hat 25 m². ~~99 Euro~~"],
    [
      "Preise > Tabelle",
      [
        "| | Erwachsene | Kinder |",
        "|---|---|---|",
        "| Kontrolle | ja | nein |",
        "| Krone | 600 €; je Zahn | |",
        "| Sonderangebote |",
        "| Füllung | 80 € | |",
        "| Füllung | 120 € | |",
        "\n- Erstes\n\n- Zweites",
      ].join("\n"),
    ],
    ["Preise", "Rufen Sie an: 06131 123456"],
    ["", "Praxis Dr. Weiß, Hauptstraße 5, Tel. 06131 123456"],
  ]);
});

Deno.test("Of a document of Word, what was deleted, moved, hidden or drawn twice is left out, and notes follow their text", async () => {
  const run = (text: string, properties = "") => `<w:r><w:rPr>${properties}</w:rPr><w:t>${text}</w:t></w:r>`;
  const body = `<w:p>${run("Crowns")}<w:del><w:r><w:delText>900</w:delText></w:r></w:del><w:ins>${
    run(" 600 euros")
  }</w:ins>
    ${run("secret", "<w:vanish/>")}<w:r><w:footnoteReference w:id="2"/></w:r><w:moveFrom>${
    run("moved")
  }</w:moveFrom>
    <mc:AlternateContent><mc:Choice>${run(" box")}</mc:Choice><mc:Fallback>${
    run(" box")
  }</mc:Fallback></mc:AlternateContent></w:p>`;
  const notes = `<w:footnotes><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>
    <w:footnote w:id="2"><w:p><w:r><w:t>Without the laboratory.</w:t></w:r></w:p></w:footnote></w:footnotes>`;
  const document = await readDocument("a.docx", wordOf(body, { "word/footnotes.xml": notes }));
  assert.deepEqual(texts(document), [["", "Crowns 600 euros¹ box\n\n¹ Without the laboratory."]]);
});

Deno.test("Letters of Word that a style or a position raises, strikes or hides are that", async () => {
  const run = (text: string, properties: string) =>
    `<w:r><w:rPr>${properties}</w:rPr><w:t>${text}</w:t></w:r>`;
  const style = (id: string, properties: string, base = "") =>
    `<w:style w:type="character" w:styleId="${id}"><w:basedOn w:val="${base}"/><w:rPr>${properties}</w:rPr></w:style>`;
  const styles = `<w:styles>${style("Old", "<w:strike/>")}${style("Older", "<w:b/>", "Old")}${
    style("Inner", "<w:vanish/>")
  }${style("Up", `<w:vertAlign w:val="superscript"/>`)}</w:styles>`;
  const body = `<w:p>${run("Now 95", "")}${run("50", `<w:position w:val="8"/><w:sz w:val="19"/>`)}${
    run(" euros", `<w:position w:val="1"/>`)
  }${run("1", `<w:rStyle w:val="Up"/>`)}${run(", CO", "")}${run("2", `<w:position w:val="-6"/>`)} ${
    run("99 euros", `<w:rStyle w:val="Older"/>`)
  }${run(" secret", `<w:rStyle w:val="Inner"/>`)}${
    run(" kept", `<w:rStyle w:val="Inner"/><w:vanish w:val="0"/>`)
  }</w:p>`;
  const document = await readDocument("a.docx", wordOf(body, { "word/styles.xml": styles }));
  assert.deepEqual(texts(document), [["", "Now 95⁵⁰ euros¹, CO₂~~99 euros~~ kept"]]);
});

Deno.test("A workbook is read by its sheets as it is shown, and hidden sheets are named", async () => {
  const document = await read("prices.xlsx");
  assert.deepEqual(texts(document), [
    [
      "Preise",
      "Preisliste 2026\n\n| Leistung | Kind | Erwachsen | Gültig ab |\n|---|---|---|---|\n" +
      "| Kontrolle | 20% | 40.50 € | 2026-01-15 |\n| Füllung | | 120.00 | 2026-02-01 |\n\nAlle Preise in Euro",
    ],
    ["Zeiten", "| Montag | 9-17 |\n| Dienstag | 9-13 |"],
  ]);
  assert.deepEqual([document.parts, document.notes], [{ count: 2, what: "sheet" }, [
    "hidden sheets left out: Kalkulation",
  ]]);
});

Deno.test("Values between commas, semicolons or tabs keep their header, quotes and line ends", async () => {
  const document = await read("prices.csv");
  assert.deepEqual(texts(document), [[
    "",
    "| Leistung | Preis | Hinweis |\n|---|---|---|\n| Krone | 1.200,50 € | je Zahn; ohne; Labor |\n| Füllung | 80 € | |",
  ]]);
  assert.deepEqual(document.notes, ["read as Windows-1252, since it is not in UTF-8"]);
  const tabs = await readDocument("a.tsv", new TextEncoder().encode("Mon\t9-5\nTue\t9-1, 2-5\n"));
  assert.deepEqual(texts(tabs), [["", "| Mon | 9-5 |\n| Tue | 9-1, 2-5 |"]]);
});

Deno.test("An archive that says that it unfolds to gigabytes, or is none, is refused", async () => {
  const bomb = zipSync({ "word/document.xml": new Uint8Array(200 * 2 ** 20) });
  await assert.rejects(readDocument("a.docx", bomb), { code: "document_too_costly" });
  await assert.rejects(readDocument("a.xlsx", bomb), { code: "document_too_costly" });
  for (const name of ["a.docx", "a.xlsx"]) {
    await assert.rejects(readDocument(name, new TextEncoder().encode("no archive")), {
      code: "document_unreadable",
    });
  }
});

/** A workbook of one sheet, as a program writes it that works nothing out. */
function bookOf(rows: string, formats: readonly string[]): Uint8Array {
  const encoded = (text: string) => new TextEncoder().encode(text);
  const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`;
  const rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const type = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const relations = (target: string, kind: string) =>
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${
      target
        .split(" ").map((one, at) =>
          `<Relationship Id="r${at}" Type="${rel}/${kind.split(" ")[at]}" Target="${one}"/>`
        ).join("")
    }</Relationships>`;
  return zipSync({
    "[Content_Types].xml": encoded(
      `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${type}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${type}.styles+xml"/></Types>`,
    ),
    "_rels/.rels": encoded(relations("xl/workbook.xml", "officeDocument")),
    "xl/workbook.xml": encoded(
      `<workbook ${ns} xmlns:r="${rel}"><sheets><sheet name="A" sheetId="1" r:id="r0"/></sheets></workbook>`,
    ),
    "xl/_rels/workbook.xml.rels": encoded(relations("worksheets/sheet1.xml styles.xml", "worksheet styles")),
    "xl/styles.xml": encoded(
      `<styleSheet ${ns}><numFmts>${
        formats.map((code, at) => `<numFmt numFmtId="${164 + at}" formatCode="${code}"/>`).join("")
      }</numFmts><cellXfs><xf numFmtId="0"/>${
        formats.map((_, at) => `<xf numFmtId="${164 + at}" applyNumberFormat="1"/>`).join("")
      }</cellXfs></styleSheet>`,
    ),
    "xl/worksheets/sheet1.xml": encoded(`<worksheet ${ns}><sheetData>${rows}</sheetData></worksheet>`),
  });
}

Deno.test("Dates of a workbook are dates in any format, long numbers keep their digits, and formulas without a result are told of", async () => {
  const formats = ["DD.MM.YYYY", "d. mmmm yyyy", "dd/mm/yyyy h:mm", "h:mm"];
  const cells = [46082, 46082, 46082.395833333336, 0.75].map((value, at) =>
    `<c r="${"ABCD"[at]}1" s="${at + 1}"><v>${value}</v></c>`
  ).join("");
  const rows = `<row r="1">${cells}</row>
    <row r="2"><c r="A2"><v>4471920123456</v></c><c r="B2"><f>A2*2</f><v></v></c></row>`;
  const { sections, notes } = await readDocument("a.xlsx", bookOf(rows, formats));
  const [[, text]] = texts({ sections });
  assert.match(text, /\| 2026-03-01 \| 1\. March 2026 \| 2026-03-01 9:30 \| 18:00 \|/);
  assert.match(text, /\| 4471920123456 \| \|/);
  assert.deepEqual(notes, ["no result of 1 formula (save it with a spreadsheet program)"]);
});

Deno.test("Items of a numbered list of Word keep their numbers and letters, as its lists and styles say", async () => {
  const level = (at: number, form: string, mark: string) =>
    `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${form}"/><w:lvlText w:val="${mark}"/></w:lvl>`;
  const numbering = `<w:numbering><w:abstractNum w:abstractNumId="0">${level(0, "decimal", "%1.")}${
    level(1, "lowerLetter", "%2)")
  }</w:abstractNum><w:abstractNum w:abstractNumId="1">${level(0, "bullet", "•")}</w:abstractNum>
    <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
    <w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
    </w:numbering>`;
  const styles =
    `<w:styles><w:style w:type="paragraph" w:styleId="Steps"><w:name w:val="Steps"/><w:pPr><w:numPr>
    <w:numId w:val="1"/></w:numPr></w:pPr></w:style></w:styles>`;
  const item = (text: string, properties: string) =>
    `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;
  const place = (list: number, at = 0) =>
    `<w:numPr><w:ilvl w:val="${at}"/><w:numId w:val="${list}"/></w:numPr>`;
  const body = item("Ring", place(1)) + item("Pay", place(1)) + item("Card", place(1, 1)) +
    item("Cash", place(1, 1)) + item("Towels", place(2)) + item("Sleep", `<w:pStyle w:val="Steps"/>`) +
    item("Anew", place(3)) + item("None", `<w:pStyle w:val="Steps"/>${place(0)}`);
  const document = await readDocument(
    "a.docx",
    wordOf(body, { "word/numbering.xml": numbering, "word/styles.xml": styles }),
  );
  assert.deepEqual(texts(document), [[
    "",
    ["1. Ring", "2. Pay", "a) Card", "b) Cash", "- Towels", "3. Sleep", "1. Anew", "None"].join("\n\n"),
  ]]);
});

Deno.test("A line that tells Excel what divides the cells is no row", async () => {
  const document = await readDocument(
    "a.csv",
    new TextEncoder().encode("sep=;\r\nItem;Price\r\nApple;1,20\r\n"),
  );
  assert.deepEqual(texts(document), [["", "| Item | Price |\n|---|---|\n| Apple | 1,20 |"]]);
});

Deno.test("Styles and lists of Word that never end take no time", async () => {
  const startedMs = performance.now();
  const document = await readDocument(
    "a.docx",
    wordOf("<w:p><w:r><w:t>Towels</w:t></w:r></w:p>", {
      "word/numbering.xml": `<w:numbering>${'<w:num w:numId="1">'.repeat(200_000)}`,
      "word/styles.xml": `<w:styles>${'<w:style w:styleId="1">'.repeat(200_000)}`,
    }),
  );
  assert.deepEqual(texts(document), [["", "Towels"]]);
  assert.ok(performance.now() - startedMs < 5_000, "read once, not from each beginning: that took a minute");
});

Deno.test("A table in letters of the East is not read as one in Windows-1252, and columns that are left out are told of", async () => {
  const japanese = new Uint8Array([0x83, 0x76, 0x81, 0x5b, 0x83, 0x8b, 0x2c, 0x97, 0xbf, 0x8b, 0xe0, 0x0a]);
  await assert.rejects(readDocument("a.csv", japanese), { code: "text_encoding" });
  await assert.rejects(readDocument("a.html", japanese), { code: "text_encoding" });
  const wide = Array.from({ length: 201 }, (_, at) => `c${at}`).join(";");
  const { notes } = await readDocument("b.csv", new TextEncoder().encode(`${wide}\n${wide}\n`));
  assert.deepEqual(notes, ["only the first 200 columns"]);
});

Deno.test("A workbook has no hidden rows and columns, and says so; per cent, years and prices are as it shows them", async () => {
  const document = await read("formats.xlsx"); // made by XlsxWriter 3.2
  assert.deepEqual(texts(document), [[
    "Preise",
    [
      "| Leistung | Preis | Rabatt | Stand |",
      "|---|---|---|---|",
      "| Reinigung | 89 | 7.5% | 2025年12月9日 |",
      "| Krone | 600 Euro | 10% | 1月1日 |",
    ].join("\n"),
  ]]);
  assert.deepEqual(document.notes, ["hidden rows or columns left out of Preise"]);
});

/** A workbook of one sheet, as ECMA-376 has it: columns, then rows of texts by their places, then merged cells. */
function workbookOf(columns: string, rows: readonly { hidden?: boolean; cells: object }[], merges: string[]) {
  const namespace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`;
  const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const cell = ([place, text]: [string, string]) =>
    `<c r="${place}" t="inlineStr"><is><t>${text}</t></is></c>`;
  const lines = rows.map(({ hidden, cells }, index) =>
    `<row r="${index + 1}"${hidden ? ` hidden="1"` : ""}>${Object.entries(cells).map(cell).join("")}</row>`
  );
  const files = {
    "[Content_Types].xml":
      `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
    "_rels/.rels":
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    "xl/workbook.xml":
      `<workbook ${namespace} xmlns:r="${relations}"><sheets><sheet name="Prices" sheetId="1" r:id="s"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels":
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="s" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    "xl/worksheets/sheet1.xml": `<worksheet ${namespace}><cols>${columns}</cols><sheetData>${
      lines.join("")
    }</sheetData><mergeCells>${
      merges.map((merge) => `<mergeCell ref="${merge}"/>`).join("")
    }</mergeCells></worksheet>`,
  };
  const encoder = new TextEncoder();
  return zipSync(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [name, encoder.encode(text)])),
  );
}

Deno.test("Merged cells of a workbook span the rows and columns that are shown, and no other ones", async () => {
  const workbook = workbookOf(`<col min="3" max="3" width="9" hidden="1"/>`, [
    { cells: { A1: "Day", B1: "Price", E1: "Room" } }, // B to D are one cell
    { cells: { A2: "Monday", B2: "20", C2: "5", D2: "40", E2: "East" } }, // A2 to A4 are one cell
    { hidden: true, cells: { B3: "21", D3: "41", E3: "Closed" } },
    { cells: { B4: "22", C4: "6", D4: "42", E4: "West" } },
    { cells: { A5: "Tuesday", B5: "30", C5: "7", D5: "60", E5: "North" } },
    { hidden: true, cells: { A6: "Friday", B6: "31", D6: "61" } }, // A6 and A7 are one cell
    { cells: { B7: "33", C7: "on request", E7: "South" } }, // C7 and D7 are one cell
  ], ["B1:D1", "A2:A4", "A6:A7", "C7:D7"]);
  assert.deepEqual(texts(await readDocument("prices.xlsx", workbook)), [[
    "Prices",
    [
      "| Day | Price | Price | Room |",
      "| Monday | 20 | 40 | East |",
      "| Monday | 22 | 42 | West |",
      "| Tuesday | 30 | 60 | North |",
      "| Friday | 33 | on request | South |",
    ].join("\n"),
  ]]);
});

Deno.test("A row of Word that begins in a later column keeps it; ticks of symbol fonts are ticks", async () => {
  const cell = (content: string) => `<w:tc><w:p><w:r>${content}</w:r></w:p></w:tc>`;
  const text = (words: string) => cell(`<w:t>${words}</w:t>`);
  const body = `<w:tbl><w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>${text("Summer")}${
    text("Winter")
  }</w:tr>
    <w:tr>${text("Parking")}${cell('<w:sym w:font="Wingdings" w:char="F0FC"/>')}${
    cell('<w:sym w:font="Wingdings" w:char="00FB"/>')
  }</w:tr></w:tbl><w:p><w:ruby><w:rt><w:r><w:t>かん</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby></w:p>`;
  assert.deepEqual(texts(await readDocument("a.docx", wordOf(body))), [
    ["", "| | Summer | Winter |\n|---|---|---|\n| Parking | ✓ | ✗ |\n\n漢"],
  ]);
});

Deno.test("The number behind a link of Word is read where its text does not say it", async () => {
  const link = (id: string, text: string) =>
    `<w:hyperlink r:id="${id}"><w:r><w:t>${text}</w:t></w:r></w:hyperlink>`;
  const relation = (id: string, target: string) =>
    `<Relationship Id="${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="${target}"/>`;
  const document = await readDocument(
    "a.docx",
    wordOf(`<w:p>${link("r1", "Anrufen")}<w:r><w:t>, </w:t></w:r>${link("r2", "Karte")}</w:p>`, {
      "word/_rels/document.xml.rels": `<Relationships>${relation("r1", "tel:+496131123456")}${
        relation("r2", "https://example.com/map")
      }</Relationships>`,
    }),
  );
  assert.deepEqual(texts(document), [["", "Anrufen (+496131123456), Karte"]]);
});
