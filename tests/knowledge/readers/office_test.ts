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
        "\nErstes\n\nZweites",
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
