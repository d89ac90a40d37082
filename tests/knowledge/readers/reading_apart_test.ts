import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { ReadingApart } from "../../../src/knowledge/readers/reading_apart.ts";
import { pdfOfStream } from "../../support/pdf.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("ReadingApart reads documents one after the other, and hands on what is wrong with them", async () => {
  using reading = new ReadingApart();
  const { sections } = await reading.read("a.md", bytes("# Hours\nNine to five."));
  assert.deepEqual(sections, [{ heading: "Hours", text: "Nine to five." }]);
  await assert.rejects(reading.read("a.pdf", bytes("no PDF")), { code: "document_unreadable" });
  assert.equal((await reading.read("b.txt", bytes("Fine."))).sections[0].text, "Fine.");
});

Deno.test("A PDF that unfolds to gigabytes is refused before it does, and the next document is read", async () => {
  const text = deflateSync(bytes("(a) Tj ".repeat(20_000_000)), { level: 9 });
  const [once, twice] = [
    pdfOfStream(text, "/Filter /FlateDecode"),
    pdfOfStream(deflateSync(text), "/Filter [/FlateDecode /FlateDecode]"),
  ];
  assert.ok(once.length < 500_000 && twice.length < 50_000);
  using reading = new ReadingApart();
  const before = Deno.memoryUsage().rss;
  for (const bomb of [once, twice]) {
    await assert.rejects(reading.read("bomb.pdf", bomb), {
      code: "document_too_costly",
      message: /^bomb\.pdf: /,
    });
  }
  assert.ok(Deno.memoryUsage().rss - before < 200 * 2 ** 20);
  assert.equal((await reading.read("b.txt", bytes("Fine."))).sections[0].text, "Fine.");
});

Deno.test("A document that takes too much memory is given up, and the next one is read", async () => {
  using reading = new ReadingApart({ maxGrowthBytes: 40 * 2 ** 20 });
  const json = bytes(`[${'{"a":{"b":1}},'.repeat(400_000)}0]`);
  await assert.rejects(reading.read("a.json", json), {
    code: "document_too_costly",
    message: /^a\.json .* memory\.$/,
  });
  assert.equal((await reading.read("b.txt", bytes("Fine."))).sections[0].text, "Fine.");
});

Deno.test("A document that takes too long is given up", async () => {
  using reading = new ReadingApart({ maxMs: 100 });
  const slow = bytes("<ul><li>".repeat(2_400) + "<p>x</p></div>".repeat(60_000));
  await assert.rejects(reading.read("slow.html", slow), {
    code: "document_too_costly",
    message: /slow\.html .* s\.$/,
  });
});

Deno.test("Elements within one another without end are refused at once", async () => {
  using reading = new ReadingApart();
  const startedMs = performance.now();
  await assert.rejects(reading.read("deep.html", bytes("<div>".repeat(300_000))), {
    code: "document_too_deep",
  });
  assert.ok(performance.now() - startedMs < 5_000);
});

Deno.test("Spans that claim thousands of columns and rows are cut", async () => {
  using reading = new ReadingApart();
  const table = "<table>" + "<tr><td rowspan=9999 colspan=9999>x</td>".repeat(20_000);
  assert.ok((await reading.read("a.html", bytes(table))).sections.length > 0);
});
