import assert from "node:assert/strict";
import { isDocument, readDocument } from "../../../src/knowledge/readers/read_document.ts";
import { pdfOf } from "../../support/pdf.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function read(name: string, text: string | Uint8Array): Promise<[heading: string, text: string][]> {
  const { sections } = await readDocument(name, typeof text === "string" ? bytes(text) : text);
  return sections.map(({ heading, text }) => [heading, text.trim()]);
}

Deno.test("Markdown is divided by its headings, of either form", async () => {
  const text = [
    "Before.",
    "# Shop #",
    "Welcome.",
    "## Hours",
    "Nine to *five*.",
    "## [Prices](prices.html)",
    "Fair.",
    "",
    "Delivery",
    "--------",
    "Free. ![map](map.png)",
    "# About",
    "Us.",
  ].join("\r\n");
  assert.deepEqual(await read("a.md", text), [
    ["", "Before."],
    ["Shop", "Welcome."],
    ["Shop > Hours", "Nine to *five*."],
    ["Shop > Prices", "Fair."],
    ["Shop > Delivery", "Free."],
    ["About", "Us."],
  ]);
});

Deno.test("In Markdown, code and front matter hold no headings, and a rule is none", async () => {
  const text = "---\nlayout: x\n---\nText.\n\n---\n\n```sh\n# not a heading\n```\n\n- item\n---\nEnd.";
  const [[heading, body], ...others] = await read("a.md", text);
  assert.deepEqual(others, []);
  assert.equal(heading, "");
  assert.match(body, /^Text\.[^]*# not a heading[^]*- item[^]*End\.$/);
});

Deno.test("Plain text is one section whose lines are joined to paragraphs", async () => {
  assert.deepEqual(await read("a.txt", "One\nline.\n\n\nAnother  one.\n"), [[
    "",
    "One line.\n\nAnother one.",
  ]]);
});

Deno.test("Rows of plain text stay lines: dots that lead to a price, tabs and wide gaps", async () => {
  const text =
    "What you should know\r\nbefore you come.\r\n\r\nSoup ........ 5\r\nBread . . . . 2\r\n\r\nOur hours\nMon\tclosed\nTue   9-17\nand by request.";
  assert.deepEqual(await read("a.txt", text), [[
    "",
    "What you should know before you come.\n\nSoup ........ 5\nBread . . . . 2\n\nOur hours\nMon closed\nTue 9-17\nand by request.",
  ]]);
});

Deno.test("UTF-16 with its mark is read, and what is no text is refused", async () => {
  const utf16 = new Uint8Array([0xff, 0xfe, 0x48, 0, 0x69, 0]);
  assert.deepEqual(await read("a.txt", utf16), [["", "Hi"]]);
  await assert.rejects(read("a.txt", new Uint8Array([0x1f, 0x8b, 0x08, 0x02])), {
    code: "text_encoding",
    message: /^a\.txt: /,
  });
  await assert.rejects(read("a.md", "a\0b"), { code: "text_encoding" });
});

Deno.test("HTML is divided by its headings, without scripts and navigation, and with entities as characters", async () => {
  const text =
    `<html><head><title>T</title><style>p{}</style></head><body><nav>Menu</nav><script>var x="<h1>no</h1>"</script>
    <h1>Caf&eacute;</h1><p>Open <b>daily</b>.<br>Except Mondays.</p>
    <h2>Prices &amp; sizes</h2><table><tr><th>Size</th><th>Price</th></tr><tr><td>Small</td><td>3&nbsp;&euro;</td></tr></table>
    <ul><li>one<li>two</ul></body></html>`;
  const [cafe, prices, ...others] = await read("a.html", text);
  assert.deepEqual(others, []);
  assert.deepEqual(cafe, ["Café", "Open daily.\nExcept Mondays."]);
  assert.equal(prices[0], "Café > Prices & sizes");
  assert.match(prices[1], /\| Size \| Price \|\n\|---\|---\|\n\| Small \| 3.€ \|\s+one\s+two/);
  assert.doesNotMatch(prices[1], /Menu|var/);
});

Deno.test("A PDF is divided by its pages", async () => {
  const pdf = pdfOf([["The warranty lasts", "twenty-four months."], [], ["Repairs are free."]]);
  assert.deepEqual(await read("a.PDF", pdf), [
    ["Page 1", "The warranty lasts twenty-four months."],
    ["Page 3", "Repairs are free."],
  ]);
});

Deno.test("A file that is no PDF is refused with its name", async () => {
  await assert.rejects(read("a.pdf", "not a PDF"), {
    code: "document_unreadable",
    message: /^a\.pdf cannot be read: /,
  });
});

Deno.test("JSON is divided by its objects, entries of lists headed by their names", async () => {
  const text = JSON.stringify({
    hours: { monday: "9-5", sunday: null },
    dishes: [{ name: "Soup", price: 4.5, tags: ["hot", "vegan"] }, { price: 1, isNew: true }],
  });
  assert.deepEqual(await read("a.json", text), [
    ["hours", "monday: 9-5\nsunday:"],
    ["dishes > Soup", "name: Soup\nprice: 4.5\ntags: hot, vegan"],
    ["dishes > 2", "price: 1\nisNew: true"],
  ]);
});

Deno.test("Documents are told by their endings, and others refused", async () => {
  assert.ok(isDocument("a/B.MD") && isDocument("x.json") && !isDocument("x.doc") && !isDocument("md"));
  assert.ok(!isDocument("a.constructor"));
  await assert.rejects(read("a.doc", "x"), { code: "document_unknown_format" });
});

Deno.test("Lines of nothing but beginnings are read as fast as any", async () => {
  const hostile: [name: string, text: string][] = [
    ["a.md", `# a${" ".repeat(90_000)}b`],
    ["a.md", "![".repeat(45_000)],
    ["a.md", `# ${"[".repeat(90_000)}`],
    ["a.md", "<!--".repeat(25_000)],
    ["a.md", "<table>".repeat(14_000)],
    ["a.html", "<br>".repeat(10_000) + "<td>a".repeat(10_000)],
  ];
  for (const [name, text] of hostile) {
    const startMs = performance.now();
    await read(name, text);
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs < 1_000, `${text.slice(0, 8)}: ${tookMs} ms`);
  }
});

Deno.test("Hashes that close a heading are no part of it, others are", async () => {
  assert.deepEqual(await read("a.md", "# Shop ##\nx\n# C#\ny\n# a # b\t#  \nz"), [
    ["Shop", "x"],
    ["C#", "y"],
    ["a # b", "z"],
  ]);
});
