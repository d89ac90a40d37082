// What a reader may not lose: in which column and row a cell stands, whose heading a text has, what letters mean.

import assert from "node:assert/strict";
import { cutIntoChunks } from "../../../src/knowledge/chunker.ts";
import { readDocument } from "../../../src/knowledge/readers/read_document.ts";

const FIXTURES = new URL("../../fixtures/documents/", import.meta.url);

/** The passages of a fixture, or of a text, as `heading: text`. */
async function passages(name: string, text?: string): Promise<string[]> {
  const bytes = text === undefined
    ? Deno.readFileSync(new URL(name, FIXTURES))
    : new TextEncoder().encode(text);
  const { sections } = await readDocument(name, bytes);
  return [...cutIntoChunks(name, sections)].map(({ heading, text }) => `${heading}: ${text}`);
}

Deno.test("A cell keeps its column when the first one of the header is empty", async () => {
  assert.deepEqual(await passages("prices.html"), [
    "Preise: | | Erwachsene | Kinder |\n|---|---|---|\n| Kontrolle | ja | nein |",
  ]);
});

Deno.test("A row of cells with paragraphs stays one row", async () => {
  assert.deepEqual(await passages("word-table.html"), [
    "Hours: | Monday | 9-5 | 6-8 |\n| Tuesday | closed | 6-8 |",
  ]);
});

Deno.test("Each passage of a long table begins with its legend and header, and every row is in one", async () => {
  const text = await Deno.readTextFile(new URL("long-table.md", FIXTURES));
  const [heading, table] = text.split(/\n\n/);
  const chunks = await passages(
    "a.md",
    `${heading}\n\nPrices in euros, K with a card.\n\n${table}\n\n* only on weekdays`,
  );
  assert.ok(chunks.length > 2);
  for (const chunk of chunks) {
    assert.match(
      chunk,
      /^Preise: Prices in euros, K with a card\.\n\n(\* only on weekdays\n\n)?\| Leistung \| Kind \| Erwachsen \| Senior \|\n\|---\|/,
    );
  }
  const rows = chunks.join("\n").match(/^\| Behandlung.*$/gm);
  assert.deepEqual(rows, table.match(/^\| Behandlung.*$/gm));
});

Deno.test("Spans of cells are written out, and rows of one cell head those below in each passage", async () => {
  const dishes = (from: number) =>
    Array.from(
      { length: 40 },
      (_, index) => `<tr><td>Dish number ${from + index}</td><td>${index} €</td></tr>`,
    ).join("");
  const [first, ...others] = await passages(
    "a.html",
    `<table><tr><th rowspan=2>Dish</th><th colspan=2>Price</th></tr><tr><th>small</th><th>large</th></tr>
     <tr><td>Soup</td><td colspan=2>4 €</td></tr><tr><td rowspan=2>Bread</td><td>1 €</td><td>2 €</td></tr><tr><td>3 €</td><td>4 €</td></tr>
     <tr><td colspan=3>Desserts</td></tr>${dishes(1)}</table>`,
  );
  assert.match(
    first,
    /\| Dish \| Price small \| Price large \|\n\|---\|---\|---\|\n\| Soup \| 4 € \| 4 € \|\n\| Bread \| 1 € \| 2 € \|\n\| Bread \| 3 € \| 4 € \|\n\| Desserts \|/,
  );
  assert.ok(others.length > 0);
  for (const chunk of others) assert.match(chunk, /^: \| Dish \| .*\n.*\n\| Desserts \|\n\| Dish number/);
});

Deno.test("A row that is longer than a passage names its columns in each piece", async () => {
  const long = Array.from({ length: 150 }, (_, index) => `word${index}`).join(" ");
  const chunks = await passages(
    "a.md",
    `| Plan | Covers | Price |\n|---|---|---|\n| Gold | ${long} ${long} | 40 |\n| Silver | x | 20 |`,
  );
  assert.ok(chunks.length > 1);
  assert.ok(chunks.some((chunk) => /Gold; .*Price: 40/.test(chunk)), chunks.at(-1));
  for (const index of [0, 70, 149]) assert.ok(chunks.some((chunk) => chunk.includes(`word${index} `)));
});

Deno.test("Tables that lay out a page are read cell by cell, with their headings", async () => {
  const text = `<table><tr><td><h2>Hours</h2><p>${
    "We are open. ".repeat(20)
  }</p><table><tr><td>Mon</td><td>9-5</td></tr></table></td>
    <td><h2>Prices</h2>Fair.</td></tr></table>`;
  const [hours, prices] = await passages("a.html", text);
  assert.match(hours, /^Hours: We are open\.[^]*\| Mon \| 9-5 \|$/);
  assert.equal(prices, "Prices: Fair.");
});

Deno.test("Headings with nothing below are text of what is above", async () => {
  const text = "# Menu\n## Pizza Margherita 8 €\n## Pizza Funghi 9 €\n## Wine\nRed.\n# Call 555 0100";
  assert.deepEqual(await passages("a.md", text), [
    "Menu: Pizza Margherita 8 €\nPizza Funghi 9 €",
    "Menu > Wine: Red.",
    ": Call 555 0100",
  ]);
  const html = "<h1>Menu</h1><h2>Pizza</h2><h3>8 €</h3><h2>Call 555 0100</h2>";
  assert.deepEqual(await passages("a.html", html), ["Menu > Pizza: 8 €", "Menu: Call 555 0100"]);
});

Deno.test("Raised and lowered digits, soft hyphens and struck prices mean what they mean on the page", async () => {
  const html =
    "<p>25 m<sup>2</sup>, H<sub>2</sub>O, 1<sup>st</sup> floor, 10<sup>1)</sup>, Zahn&shy;arzt, <s>99 €</s> 79 €</p>";
  assert.deepEqual(await passages("a.html", html), [
    ": 25 m², H₂O, 1st floor, 10¹⁾, Zahnarzt, ~~99 €~~ 79 €",
  ]);
  assert.deepEqual(await passages("a.md", "25 m<sup>2</sup> &amp; Zahn&shy;arzt<!-- x -->, o\ufb03ce"), [
    ": 25 m² & Zahnarzt, office",
  ]);
  const [implants] = await passages("shy.html");
  assert.equal(implants, "Leistungen > Zahnimplantate: Ein Implantat kostet 1200 Euro.");
});

Deno.test("Navigation, breadcrumbs, names of icons and lists of links are no passages; contacts in them are", async () => {
  const page =
    `<body><header class="site-header"><a href="/">Praxis</a> <ul><li><a href="/a">Leistungen</a><li><a href="/b">Team</a></ul></header>
    <nav><ul><li><a href="/">Start</a></li></ul><a href="tel:+49555">0555 0100</a></nav>
    <ol class="breadcrumb"><li><a href="/">Start</a><li>Kronen</ol>
    <main><h1>Kronen</h1><p><i class="material-icons">arrow_forward</i> Eine Krone hält lange. <span class="fa fa-check"></span></p>
    <ul class="menu"><li>Soup 4 €<li>Bread 1 €</ul></main>
    <div id="footer-links"><a href="/x">Impressum</a> <a href="/y">Datenschutz</a> <a href="/z">Sitemap</a></div>
    <footer>Hauptstraße 5</footer></body>`;
  const { sections, notes } = await readDocument("a.html", new TextEncoder().encode(page));
  assert.deepEqual(sections.map(({ heading, text }) => [heading, text.replace(/\s+/g, " ")]), [
    ["", "0555 0100"],
    ["Kronen", "Eine Krone hält lange. Soup 4 € Bread 1 €"],
    ["", "Hauptstraße 5"],
  ]);
  assert.deepEqual(notes, ["9 words of navigation left out"]);
});

Deno.test("What belongs to one entry of JSON stays together, and its numbers are as they are written", async () => {
  const hours = [
    { days: ["Mon", "Tue"], hours: { from: "9", to: "17" }, note: null },
    { days: ["Sat"], hours: { from: "10", to: "12" } },
  ];
  assert.deepEqual(await passages("a.json", JSON.stringify({ opening: hours })), [
    "opening > 1: days: Mon, Tue\nhours:\n- from: 9\n- to: 17\nnote:",
    "opening > 2: days: Sat\nhours:\n- from: 10\n- to: 12",
  ]);
  assert.deepEqual(await passages("a.json", '{"order":12345678901234567890,"price":4.50,"ok":true}'), [
    ": order: 12345678901234567890\nprice: 4.50\nok: true",
  ]);
});

Deno.test("Pages say their encoding", async () => {
  const latin = Uint8Array.from('<meta charset="windows-1252"><p>Caf\u00e9 5 \u0080', (c) => c.charCodeAt(0));
  assert.equal((await readDocument("a.html", latin)).sections[0].text, "Café 5 €");
});

/** Characters as bytes: up to U+00FF each is one. */
const inBytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("Any text that is not in UTF-8 is read as Windows-1252, and that is told of", async () => {
  const guessed = "read as Windows-1252, since it is not in UTF-8";
  // As Notepad saves "ANSI": the euro is 0x80, quotation marks are 0x84 and 0x93.
  const menu = "Unser \u0084MEN\xdc\u0093 f\xfcr G\xe4ste: Suppe 5 \u0080";
  for (const name of ["a.txt", "a.md", "a.csv", "a.html"]) {
    const { sections, notes } = await readDocument(name, inBytes(menu));
    assert.ok(sections[0].text.includes("Unser „MENÜ“ für Gäste: Suppe 5 €"), `${name}: ${sections[0].text}`);
    assert.deepEqual(notes, [guessed], name);
  }
  const json = await readDocument("a.json", inBytes('{"Caf\xe9": "5 \u0080"}'));
  assert.deepEqual([json.sections[0].text, json.notes], ["Café: 5 €", [guessed]]);
  const told = await readDocument("a.txt", inBytes("Caf\xe9"), { charset: "iso-8859-1" });
  assert.deepEqual([told.sections[0].text, told.notes], ["Café", []]);
  // A server that says UTF-8 of everything knows no more than the bytes.
  assert.deepEqual((await readDocument("a.txt", inBytes("Caf\xe9"), { charset: "utf-8" })).notes, [guessed]);
});

Deno.test("What is no text, or UTF-8 with a broken character, is refused and not read as Windows-1252", async () => {
  const utf8 = [...new TextEncoder().encode("Café für Gäste")];
  const refused: Record<string, Uint8Array<ArrayBuffer>> = {
    "the beginning of a ZIP": inBytes("PK\x03\x04\x14\x08\x08\x08\xd7\x6a\x5b\x59"),
    "the beginning of a gzip": inBytes("\x1f\x8b\x08\x08\x9a\x31\x4e\x67\x02\x03"),
    "half a character at the end": Uint8Array.of(...utf8, 0xc3),
    "a byte order mark before it": Uint8Array.of(0xef, 0xbb, 0xbf, 0x43, 0xe9),
    "Cyrillic in Windows-1251": inBytes("\xd7\xe0\xf1\xfb \xf0\xe0\xe1\xee\xf2\xfb: 9-18"),
    "noise": crypto.getRandomValues(new Uint8Array(4_096)).map((byte) => byte || 1),
  };
  for (const [what, bytes] of Object.entries(refused)) {
    for (const name of ["a.txt", "a.csv", "a.html"]) {
      await assert.rejects(readDocument(name, bytes), { code: "text_encoding" }, `${what} as ${name}`);
    }
  }
});

Deno.test("Two rows of names, of which the first groups columns, are one header", async () => {
  const rows = [["Einzel", 80, 60], ["Doppel", 120, 95]]
    .map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("");
  const table = `<table><tr><td rowspan="2">Zimmer</td><td colspan="2">Saison</td></tr>
    <tr><td>Sommer</td><td>Winter</td></tr>${rows}</table>`;
  assert.deepEqual(await passages("rooms.html", table), [
    ": | Zimmer | Saison Sommer | Saison Winter |\n|---|---|---|\n| Einzel | 80 | 60 |\n| Doppel | 120 | 95 |",
  ]);
});

Deno.test("A blank row does not part a price list from the names of its columns, but another table", async () => {
  const list = "Leistung;Preis;Dauer\nHaarschnitt;25 €;30 Min.\n;;\nKinder (bis 12);15 €;20 Min.\n";
  assert.deepEqual(await passages("preise.csv", list), [
    ": | Leistung | Preis | Dauer |\n|---|---|---|\n| Haarschnitt | 25 € | 30 Min. |\n\n" +
    "| Leistung | Preis | Dauer |\n|---|---|---|\n| Kinder (bis 12) | 15 € | 20 Min. |",
  ]);
  const other = "Leistung;Preis;Dauer\nHaarschnitt;25 €;30 Min.\n;;\nInhaberin;Frau Müller;Köln\n";
  assert.match((await passages("preise.csv", other)).join(), /\n\n\| Inhaberin \| Frau Müller \| Köln \|$/);
});

Deno.test("The number behind a link is read where its text does not say it, and what a picture tells", async () => {
  const page =
    `<main><p><a href="tel:+15550100123">Call now</a> or <a href="tel:+15550100123">555 0100 123</a>,
    <a href="mailto:hi@bella.example?subject=Table">write</a></p>
    <img src="1.png" alt="Open on Sundays from 12 to 20"><img src="2.png" alt="Logo"><img alt="our new menu.jpg"></main>`;
  const [text] = await passages("page.html", page);
  assert.equal(
    text.replace(/\s+/g, " ").trim(),
    ": Call now (+15550100123) or 555 0100 123, write (hi@bella.example) Open on Sundays from 12 to 20",
  );
  assert.equal(
    (await passages("page.md", "![Open on Sundays from 12 to 20](1.png) ![Logo](2.png) Welcome.")).join(),
    ": Open on Sundays from 12 to 20 Welcome.",
  );
});

Deno.test("A footnote of Markdown stands below each paragraph that refers to it", async () => {
  const text = [
    "# Menu",
    "Soup is vegan.[^1]",
    "",
    "Salad is, too.",
    "",
    "## Days",
    "Soup of the day.[^1][^rain]",
    "",
    "```",
    "[^1]: no note",
    "```",
    "[^1]: Except on Fridays,",
    "    when it has bacon.",
    "[^rain]: Not when it rains.",
    "[^unused]: Cash only.",
  ].join("\n");
  const note = "[^1]: Except on Fridays, when it has bacon.";
  assert.deepEqual((await passages("menu.md", text)).map((passage) => passage.replace(/\n+/g, "\n")), [
    `Menu: Soup is vegan.[^1]\n${note}\nSalad is, too.`,
    `Menu > Days: Soup of the day.[^1][^rain]\n${note}\n[^rain]: Not when it rains.\n\`\`\`\n[^1]: no note\n\`\`\`\n[^unused]: Cash only.`,
  ]);
});

Deno.test("Items of an ordered list have their numbers, wherever their text begins", async () => {
  const html = `<h1>In</h1><ol><li>Ring</li><li><p>Pay</p><ul><li>cash</li></ul></li></ol>
    <ol start="3"><li><i class="icon">check</i> Go up</li><li value="9">Sleep</li></ol>`;
  const { sections } = await readDocument("a.html", new TextEncoder().encode(html));
  assert.deepEqual(sections[0].text.split(/\s*\n\s*/), ["1. Ring", "2. Pay", "cash", "3. Go up", "9. Sleep"]);
});

Deno.test("What asks for consent to cookies is no passage, and cookies are", async () => {
  const html =
    `<div class="cookie-consent"><h2>Privacy</h2><p>By clicking you consent.</p><button>Accept</button></div>
    <div id="onetrust-banner-sdk"><p>This site uses cookies.</p></div><h1>Bakery</h1><p class="cookies-list">Oat cookies 2 euros.</p>`;
  assert.deepEqual(await passages("a.html", html), ["Bakery: Oat cookies 2 euros."]);
});

Deno.test("An empty list of JSON says so", async () => {
  assert.deepEqual(await passages("a.json", `{"hours":{"monday":["9-12"],"tuesday":[]}}`), [
    "hours: monday: 9-12\ntuesday: none",
  ]);
});

Deno.test("Lists of JSON that are rows are a table", async () => {
  assert.deepEqual(await passages("a.json", '{"menu":[["Dish","Price"],["Soup",5.50],["Salad",7]]}'), [
    "menu: | Dish | Price |\n|---|---|\n| Soup | 5.50 |\n| Salad | 7 |",
  ]);
});

Deno.test("Markdown without headings has the title of its front matter as one, and other Markdown does not", async () => {
  const front = '---\nlayout: page\ntitle: "Opening hours"\n---\n';
  assert.deepEqual(await passages("a.md", `${front}Mon 9–12`), ["Opening hours: Mon 9–12"]);
  assert.deepEqual(await passages("a.md", `${front}# Hours\nMon 9–12`), ["Hours: Mon 9–12"]);
});

Deno.test("A footnote of Markdown is found behind a block of code that shows a block of code", async () => {
  const text =
    "# Menu\n````\n```\n# no heading\n````\nSoup is vegan.[^1]\n\nSalad is, too.\n\n[^1]: Not on Fridays.\n";
  const [{ text: body }] = (await readDocument("a.md", new TextEncoder().encode(text))).sections;
  assert.match(body, /Soup is vegan\.\[\^1\]\n+\[\^1\]: Not on Fridays\.\n+Salad is, too\.$/);
});

Deno.test("Years above prices name their columns, and years among the rows do not", async () => {
  const table = async (csv: string) => {
    const { sections } = await readDocument("a.csv", new TextEncoder().encode(csv));
    return sections[0].text.split("\n");
  };
  assert.deepEqual(await table("Service;2025;2026\nCleaning;89;95\nCrown;600;650\n"), [
    "| Service | 2025 | 2026 |",
    "|---|---|---|",
    "| Cleaning | 89 | 95 |",
    "| Crown | 600 | 650 |",
  ]);
  assert.deepEqual(await table("Golf;2019\nPolo;2021\nPassat;1999\n"), [
    "| Golf | 2019 |",
    "| Polo | 2021 |",
    "| Passat | 1999 |",
  ]);
});
