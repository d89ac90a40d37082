// What pages tell search engines alone (schema.org as JSON-LD), in the forms that public sites have it.

import assert from "node:assert/strict";
import { readDocument } from "../../../src/knowledge/readers/read_document.ts";

/** Sections of a page with such data, as `heading: text`, without those of its body. */
async function facts(data: unknown, { language = "en", body = "" } = {}) {
  const texts = [data].flat().map((entry) => typeof entry === "string" ? entry : JSON.stringify(entry));
  const scripts = texts.map((text) => `<script type="application/ld+json">${text}</script>`).join("");
  const html = `<html lang="${language}"><head>${scripts}</head><body>${body}</body></html>`;
  const { sections, notes } = await readDocument("a.html", new TextEncoder().encode(html));
  return { facts: sections.map(({ heading, text }) => `${heading}: ${text}`), notes };
}

Deno.test("Opening hours, address and telephone of a page's JSON-LD are read, in the page's language", async () => {
  const practice = {
    "@context": "https://schema.org",
    "@graph": [{
      "@type": "WebSite",
      name: "Site",
      potentialAction: { "@type": "SearchAction", target: "?q={q}" },
    }, {
      "@type": ["Dentist", "LocalBusiness"],
      name: "Praxis Sonnenweg",
      telephone: ["+43 1 2345678"],
      priceRange: "€€",
      address: {
        "@type": "PostalAddress",
        streetAddress: "Sonnenweg 3",
        postalCode: "1010",
        addressLocality: "Wien",
      },
      geo: { "@type": "GeoCoordinates", latitude: 48.2, longitude: 16.3 },
      aggregateRating: { "@type": "AggregateRating", ratingValue: "4.9" },
      openingHoursSpecification: [
        { dayOfWeek: ["Monday", "https://schema.org/Tuesday"], opens: "08:00", closes: "17:30:00" },
        { dayOfWeek: "Saturday", opens: "00:00", closes: "23:59" },
        { dayOfWeek: "http://schema.org/Sunday", opens: "00:00", closes: "00:00" },
        { validFrom: "2026-12-24", validThrough: "2026-12-26", opens: "00:00", closes: "00:00" },
      ],
    }],
  };
  assert.deepEqual((await facts(practice, { language: "de-AT" })).facts, [
    "Praxis Sonnenweg: Öffnungszeiten:\nMontag, Dienstag: 08:00–17:30\nSamstag: 00:00–24:00\n" +
    "Sonntag: geschlossen\n2026-12-24 – 2026-12-26: geschlossen\n" +
    "Sonnenweg 3, 1010 Wien\nTelephone: +43 1 2345678\nPrice range: €€",
  ]);
});

Deno.test("Opening hours in schema.org's short form name each day", async () => {
  const cases: [unknown, string[]][] = [
    ["Mo-Fr 09:00-17:00", ["lundi, mardi, mercredi, jeudi, vendredi: 09:00–17:00"]],
    [["Tu,Th 16:00-20:00", "Sa-Mo 10:00-12:00, 14:00-18:00"], [
      "mardi, jeudi: 16:00–20:00",
      "samedi, dimanche, lundi: 10:00–12:00, 14:00–18:00",
    ]],
    ["Mo-Su", ["lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche: 00:00–24:00"]],
    ["Sur rendez-vous", ["Sur rendez-vous"]],
    ["Mo,Tu 09:00-12:00 14:00-18:00", ["lundi, mardi: 09:00–12:00, 14:00–18:00"]],
    ["Mo-We 09:00-17:00; Sa,Su 10:00-14:00:00", [
      "lundi, mardi, mercredi: 09:00–17:00",
      "samedi, dimanche: 10:00–14:00",
    ]],
    ["Mo 09:00-17:00\nSa 10:00-14:00", ["lundi: 09:00–17:00", "samedi: 10:00–14:00"]],
    ["Mo 9:00 AM-5:00 PM", ["Mo 9:00 AM-5:00 PM"]],
    ["Mo 09:00", ["Mo 09:00"]],
    ["24/7", ["24/7"]],
  ];
  for (const [openingHours, lines] of cases) {
    const { facts: found } = await facts({ "@type": "Store", name: "Chez A", openingHours }, {
      language: "fr",
    });
    assert.deepEqual(found, [`Chez A: Horaires d’ouverture:\n${lines.join("\n")}`]);
  }
});

Deno.test("A sentence in place of opening hours stays as it is, however long its words are", async () => {
  const openingHours =
    "By appointment only, telephone reservations recommended throughout summer months, thank you (holidays excepted)";
  const begunMs = performance.now();
  const { facts: found } = await facts({ "@type": "Restaurant", name: "Lakeside", openingHours });
  assert.deepEqual(found, [`Lakeside: Opening hours:\n${openingHours}`]);
  assert.ok(performance.now() - begunMs < 2_000);
});

Deno.test("Prices of offers, catalogues and menus stand with what they are for", async () => {
  const shop = {
    "@type": "HairSalon",
    name: "Locks",
    hasOfferCatalog: {
      "@type": "OfferCatalog",
      name: "Services",
      itemListElement: [
        {
          "@type": "Offer",
          price: "49.90",
          priceCurrency: "USD",
          itemOffered: { "@type": "Service", name: "Cut" },
        },
        {
          "@type": "OfferCatalog",
          name: "Children",
          itemListElement: [{
            "@type": "Offer",
            itemOffered: { "@type": "Service", name: "First cut" },
            priceSpecification: {
              "@type": "UnitPriceSpecification",
              price: 15,
              priceCurrency: "USD",
              unitText: "visit",
            },
          }],
        },
      ],
    },
  };
  const product = {
    "@type": "Product",
    name: "Comb",
    offers: { "@type": "AggregateOffer", lowPrice: 3, highPrice: "4.50", priceCurrency: "USD" },
  };
  const menu =
    `{"@type":"Restaurant","name":"Krug","hasMenu":{"@type":"Menu","name":"Lunch","hasMenuSection":[
    {"@type":"MenuSection","name":"Soups","hasMenuItem":[{"@type":"MenuItem","name":"Goulash",
      "offers":{"@type":"Offer","price":"7.5","priceCurrency":"USD"}},]}]}}`;
  assert.deepEqual((await facts([shop, product, menu])).facts, [
    "Locks > Services: Cut: $49.90",
    "Locks > Services > Children: First cut: $15.00 / visit",
    "Comb: Comb: $3.00 – $4.50",
    "Krug > Lunch > Soups: Goulash: $7.50",
  ]);
});

Deno.test("Answers that the page does not show are read without their markup, and those that it shows once", async () => {
  const answer = (name: string, text: string) => ({
    "@type": "Question",
    name,
    acceptedAnswer: { "@type": "Answer", text },
  });
  const questions = {
    "@type": "FAQPage",
    mainEntity: [
      answer("May I bring my cat?", "<p>Sadly <b>not</b>.</p><ul><li>Guide dogs &amp; birds may</li></ul>"),
      answer("Where can I park?", "In the <i>yard</i>, two places."),
    ],
  };
  assert.deepEqual((await facts(questions, { body: "<p>In the yard:  two places</p>" })).facts, [
    ": In the yard: two places",
    "May I bring my cat?: Sadly not.\nGuide dogs & birds may",
  ]);
});

Deno.test("JSON-LD in comments is read, what is none is named, and what others wrote never breaks the page", async () => {
  const body = "<p>Hello.</p>";
  const commented = '<!-- {"@type":"Store","name":"A","telephone":"1"} -->';
  assert.deepEqual((await facts(commented, { body })).facts, [": Hello.", "A: Telephone: 1"]);
  const broken = await facts(["{oops", "[".repeat(50_000) + "]".repeat(50_000), "null", "7"], { body });
  assert.deepEqual(broken, { facts: [": Hello."], notes: ["1 of its JSON-LD cannot be read"] });
  const odd = {
    "@type": 7,
    name: [],
    openingHours: [null, 3, {}],
    offers: "free",
    address: [7],
    "@graph": {},
  };
  assert.deepEqual((await facts(odd, { language: "no such language", body })).facts[0], ": Hello.");
});

Deno.test("What microdata says and the page does not show is read, and what it shows is read once", async () => {
  const microdata = (body: string) => facts([], { language: "de", body });
  const { facts: found } = await microdata(
    `<div itemscope itemtype="https://schema.org/Restaurant"><h1 itemprop="name">Bei Lola</h1>
    <meta itemprop="telephone" content="+49 30 901820"><meta itemprop="openingHours" content="Tu-Su 13:00-16:30">
    <meta itemprop="priceRange" content="€€"><p itemprop="address" itemscope itemtype="https://schema.org/PostalAddress">
    <meta itemprop="streetAddress" content="Feldweg 12"><span itemprop="addressLocality">Berlin</span></p>
    <div itemprop="hasMenuItem" itemscope itemtype="https://schema.org/MenuItem"><b itemprop="name">Suppe</b>
    <p itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="7.50">
    <meta itemprop="priceCurrency" content="EUR"></p></div></div>`,
  );
  const text = found.join("\n").replace(/\s+/g, " ");
  for (const said of ["+49 30 901820", "13:00–16:30", "Feldweg 12, Berlin", "€€", "Suppe: 7,50 €"]) {
    assert.ok(text.includes(said), said);
  }
  const { facts: shown } = await microdata(
    `<div itemscope itemtype="https://schema.org/Dentist"><h1 itemprop="name">Praxis</h1>
    <p itemprop="telephone">030 901820</p></div><meta itemprop="telephone" content="1">`,
  );
  assert.deepEqual(shown.map((text) => text.replace(/\s+/g, " ")), ["Praxis: 030 901820"]);
});

Deno.test("Microdata without end takes no time", async () => {
  const deep = `<div itemscope itemprop=a itemtype=b><span itemprop=c>x`.repeat(2_400);
  const startedMs = performance.now();
  await facts([], { body: `<meta itemprop=x content=y>${deep}` });
  assert.ok(performance.now() - startedMs < 5_000);
});

Deno.test("Names that every object has are names of fields like others", async () => {
  const body =
    `<div itemscope itemtype="https://schema.org/SportsEvent"><meta itemprop="constructor" content="Ferrari">
    <meta itemprop="telephone" content="+39 02 123456"><span itemprop="name">Test day</span></div>
    <ol type="constructor"><li>Bring a &quot;hat&quot;</li></ol>`;
  const { facts: found } = await facts({ "@type": "Thing", name: "A", telephone: "&valueOf; 1" }, { body });
  assert.deepEqual(found.map((fact) => fact.replace(/\s*\n\s*/g, "\n")), [
    ': Test day\n1. Bring a "hat"',
    "A: Telephone: &valueOf; 1",
    "Test day: Telephone: +39 02 123456",
  ]);
});
