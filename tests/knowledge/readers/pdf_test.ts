import assert from "node:assert/strict";
import { readDocument } from "../../../src/knowledge/readers/read_document.ts";

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
