// What visitors of a page see, and what its text alone does not say: words that only styles set apart, parts that are
// hidden, signs in tables, tables that are made of other elements.

import assert from "node:assert/strict";
import type { ReadDocument } from "../../../src/knowledge/readers/document_text.ts";
import { readDocument } from "../../../src/knowledge/readers/read_document.ts";

function page(html: string): Promise<ReadDocument> {
  return readDocument("page.html", new TextEncoder().encode(html));
}

/** The text of a page, without headings, each white space as one. */
async function textOf(html: string): Promise<string> {
  return (await page(html)).sections.map(({ text }) => text.replace(/\s+/g, " ").trim()).join(" / ");
}

Deno.test("Elements of a line that only styles set apart are words of their own, and parts of a word are one", async () => {
  const cases = [
    ["<li><span class=day>Montag</span><span class=time>9–12</span></li>", "Montag 9–12"],
    ["<div><span><span>Dr.</span></span><span>Weiß</span></div>", "Dr. Weiß"],
    ["<p><strong>Telefon</strong><a href='tel:1'>06131 123456</a></p>", "Telefon 06131 123456"],
    ["<p><span>Zimmer</span><span>3</span></p>", "Zimmer 3"],
    ["<p><a href=/de>Deutsch</a><a href=/en>English</a></p>", "Deutsch English"],
    ["<p><span>W</span><span>i</span><span>ll</span><span>k</span>ommen</p>", "Willkommen"],
    ["<p><span class=dropcap>W</span>illkommen, Geburts<b>tag</b></p>", "Willkommen, Geburtstag"],
    ["<p><b>Don</b><i>nerstag</i></p>", "Donnerstag"],
    ["<p><span>12</span><span>,50</span> <span>9</span><span>:30</span></p>", "12,50 9:30"],
    ["<p><span>12.</span><span>50</span></p>", "12.50"],
    ["<p><span>Suppe</span><span>, heiß</span></p>", "Suppe, heiß"],
    ["<p><span>診療</span><span>時間</span></p>", "診療時間"],
    ["<pre><span>foo</span><span>bar</span></pre>", "foobar"],
  ];
  for (const [html, text] of cases) assert.equal(await textOf(html), text, html);
});

Deno.test("Hidden text is left out and counted, but not what visitors can open", async () => {
  const document = await page(
    `<h1>Preise</h1><p>Heute 25 Euro.</p><p style="color:red; display: none">Alt 20 Euro.</p>
    <p hidden>Entwurf<script>var x = "nicht gezählt"</script></p><table><tr><td>Krone</td><td hidden>EK 200</td><td>600</td></tr></table>
    <button aria-controls=a1>Kasse?</button><div id=a1 hidden>Alle Kassen.</div>
    <h3>Parken?</h3><div style="display:none"><p>Im Hof.</p></div>
    <div role=tabpanel hidden>Tab zwei.</div><details><summary>Hunde?</summary>Ja.</details>`,
  );
  const text = document.sections.map(({ text }) => text).join("\n");
  for (const shown of ["25 Euro", "Alle Kassen.", "Im Hof.", "Tab zwei.", "Ja.", "| Krone | 600 |"]) {
    assert.ok(text.includes(shown), shown);
  }
  assert.doesNotMatch(text, /Alt|Entwurf|EK/);
  assert.deepEqual(document.notes, ["6 words of hidden text left out"]);
});

Deno.test("A page that its script shows is read though all of it is hidden at first", async () => {
  const html =
    '<body style="visibility:hidden"><div id=app style="display:none"><p>Open from 9 to 12.</p></div>';
  assert.equal(await textOf(html), "Open from 9 to 12.");
});

Deno.test("What stands in place of a video, or of a picture that is drawn, is not read", async () => {
  assert.equal(
    await textOf("<p>Hi <video>Your browser is old</video><canvas>No canvas</canvas>there</p>"),
    "Hi there",
  );
});

Deno.test("Signs in a table mean what they are named after or labelled", async () => {
  const { sections } = await page(`<table><tr><th></th><th>Basic</th><th>Plus</th></tr>
    <tr><td>Wi-Fi</td><td><i class="fa fa-times"></i></td><td><i class="material-icons">check</i></td></tr>
    <tr><td>Parking</td><td><svg><title>no</title><path/></svg></td><td><span aria-label="yes"></span></td></tr>
    <tr><td>Pets</td><td><input type=checkbox disabled></td><td><span title="on request">*</span></td></tr></table>`);
  assert.equal(
    sections[0].text,
    "| | Basic | Plus |\n|---|---|---|\n| Wi-Fi | ✗ | ✓ |\n| Parking | no | yes |\n| Pets | ✗ | * on request |",
  );
});

Deno.test("A table by its roles is one, and names of columns further down begin another", async () => {
  const { sections: [{ text }] } = await page(
    `<div role=table><div role=row><span role=columnheader>Class</span><span role=columnheader>Price</span></div>
    <div role=row><span role=cell>Yoga</span><span role=cell>12 €</span></div></div>
    <table><tr><th>Dish<th>Price<tr><td>Soup<td>5<tr><th>Drink<th>0.3 l<tr><td>Cola<td>3</table>`,
  );
  assert.equal(
    text.replace(/\n\s*\n/g, "\n\n"),
    "| Class | Price |\n|---|---|\n| Yoga | 12 € |\n\n| Dish | Price |\n|---|---|\n| Soup | 5 |\n\n| Drink | 0.3 l |\n|---|---|\n| Cola | 3 |",
  );
});

Deno.test("A page without headings has its title as one, and others do not", async () => {
  const head = "<head><title>Opening\n hours</title><style>p{}</style></head>";
  const headings = async (html: string) => (await page(html)).sections.map(({ heading }) => heading);
  assert.deepEqual(await headings(`${head}<p>Mon 9–12<svg><title>clock</title></svg></p>`), [
    "Opening hours",
  ]);
  assert.deepEqual(await headings(`${head}<p>Tel. 1</p><h1>Hours</h1><p>Mon 9–12</p>`), ["", "Hours"]);
});

Deno.test("Lists keep their letters, and those that count down have no wrong numbers", async () => {
  assert.equal(await textOf("<ol type=a start=2><li>Eins<li>Zwei</ol>"), "b. Eins c. Zwei");
  assert.equal(await textOf("<ol reversed><li>Eins<li>Zwei</ol>"), "Eins Zwei");
});

Deno.test("A number to write to is read where the link does not say it", async () => {
  assert.equal(
    await textOf(
      '<p><a href="https://wa.me/4917012345678?text=Hi">WhatsApp</a> <a href="sms:+4917099">SMS</a></p>',
    ),
    "WhatsApp (+4917012345678) SMS (+4917099)",
  );
});

Deno.test("What a page's own styles hide for good is left out, but not what a rule or a script may show", async () => {
  const parts = "<p class='old note'>Old 20 euros.</p><p id=draft>Draft.</p><p class=answer>Yes.</p>" +
    "<p class=wide>From nine.</p><p class=toggled>Until six.</p><p class=printed>In print.</p>";
  const styles =
    "/* .x{ } */ .old, #draft{color:red;display: none} .answer{display:none} input:checked ~ .answer" +
    "{display:block} .wide{display:none} @media (min-width:9em){.wide{display:block}} p.toggled{display:none}" +
    "@media print{.printed{display:none}}";
  const script = "<script>document.querySelector('.toggled').style.display = 'block'</script>";
  const shown = "Yes. From nine. Until six. In print.";
  const document = await page(`<style>${styles}</style>${parts}${script}`);
  assert.deepEqual(document.sections.map(({ text }) => text.replace(/\s+/g, " ")), [shown]);
  assert.deepEqual(document.notes, ["4 words of hidden text left out"]);
  const withScripts = `<style>${styles}</style><script src=/site.js></script>${parts}`;
  assert.equal(await textOf(withScripts), `Old 20 euros. Draft. ${shown}`);
});

Deno.test("All terms and values of an entry of a list of definitions are in its line", async () => {
  const { sections } = await page(
    `<dl><dt>Monday<dd>8–12<dd>15–18<dt>Tuesday<dt>Thursday<dd>8–13<div><dt>Friday</dt><dd>closed</dd></div>
    <dt>Parking</dt><dd><p>Behind the house.</p><p>Free.</p></dd><dd>Also for bicycles</dd></dl>`,
  );
  assert.deepEqual(sections.map(({ text }) => text.split(/\s*\n\s*/)), [[
    "Monday: 8–12; 15–18",
    "Tuesday, Thursday: 8–13",
    "Friday: closed",
    "Parking:",
    "Behind the house.",
    "Free.",
    "Also for bicycles",
  ]]);
});
