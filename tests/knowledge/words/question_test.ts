import assert from "node:assert/strict";
import { chunksFrom } from "../../support/knowledge_texts.ts";
import { SqliteKnowledgeStore } from "../../../src/knowledge/sqlite/sqlite_store.ts";
import { indexWords, PRICE_MARK, TIME_MARK } from "../../../src/knowledge/words/index_words.ts";
import { spokenNumber } from "../../../src/knowledge/words/spoken_numbers.ts";
import { rankChunks } from "../../../src/knowledge/words/rank_chunks.ts";
import { languagesOf } from "../../../src/knowledge/words/search_languages.ts";
import { readQuestion } from "../../../src/knowledge/words/question.ts";
import { Vocabulary } from "../../../src/knowledge/words/vocabulary.ts";
import { TempFolder } from "../../support/temp_folder.ts";

Deno.test("indexWords() folds case, accents and ligatures, and joins what hyphens and dots join", () => {
  assert.deepEqual(indexWords("Fußweg, CAFÉ Wi-Fi"), ["fussweg", "cafe", "wi", "fi", "wifi"]);
  assert.deepEqual(indexWords("until 5 p.m."), ["until", "5", "p", "m", "pm", TIME_MARK]);
  assert.deepEqual(indexWords("Ａ１ ｶﾞｽ"), ["a1", "ガス"]);
});

Deno.test("indexWords() writes a number in one way", () => {
  for (const price of ["€ 49,90", "49.90 €", "49,90 Euro"]) {
    assert.deepEqual(indexWords(price).filter((word) => /^[1-9]/.test(word)), ["49", "49x90", "90"], price);
    assert.ok(indexWords(price).includes(PRICE_MARK), price);
  }
  assert.ok(indexWords("1.200 €").includes("1200") && indexWords("$1,200").includes("1200"));
  assert.deepEqual(indexWords("um 9:00 Uhr"), ["um", "9", "uhr", TIME_MARK]);
  assert.deepEqual(indexWords("E18"), ["e18"]);
});

Deno.test("indexWords() takes two neighbouring letters where a script has no spaces", () => {
  assert.deepEqual(indexWords("停车场A区"), ["停车", "车场", "a", "区"]);
});

Deno.test("spokenNumber() understands the six languages", () => {
  const all = languagesOf(new Vocabulary([], 1));
  const value = (text: string) => spokenNumber(text.split(" "), 0, all)?.value;
  assert.equal(value("forty nine"), 49);
  assert.equal(value("neunundvierzig"), 49);
  assert.equal(value("cuarenta y nueve"), 49);
  assert.equal(value("veintitres"), 23);
  assert.equal(value("quatre vingt dix neuf"), 99);
  assert.equal(value("soixante et onze"), 71);
  assert.equal(value("quarantotto"), 48);
  assert.equal(value("quarenta e nove"), 49);
  assert.equal(value("one"), undefined, "an article in most languages");
});

Deno.test("Vocabulary finds words by their beginning and by what they have inside", () => {
  const vocabulary = new Vocabulary(
    ["zahnreinigung", "zahn", "reinigung", "parkplatz"].map((word, index) => ({ word, chunks: index + 1 })),
    9,
  );
  assert.deepEqual([vocabulary.count("zahn"), vocabulary.count("zah"), vocabulary.count("zz")], [2, 0, 0]);
  assert.deepEqual(vocabulary.startingWith("zahn", 9).map(({ word }) => word), ["zahn", "zahnreinigung"]);
  assert.deepEqual(vocabulary.having("reinigung", 9), [{ word: "zahnreinigung", chunks: 1 }]);
});

Deno.test("What callers say around a thing counts for nothing, in any of the six languages", () => {
  const talk = {
    en: [
      "the and of is are you for with",
      "right so I was hoping you could basically tell me a bit about the sauna",
    ],
    de: ["der die und ist das sie fur mit", "ja ich wollt gleich mal fragen, nehmt ihr überhaupt noch Sauna"],
    es: ["el los las y con para del una", "entonces digamos que pensaba, tal vez, en la sauna, ¿verdad?"],
    fr: [
      "le les et des du est pour vous",
      "euh voilà, en fait je pensais plutôt au sauna, ça pose problème ?",
    ],
    it: ["il di e gli che per della non", "senta, magari avrei un caso, cioè volevo la sauna comunque"],
    pt: ["o os do da em nao com uma", "então, se calhar gostaríamos da sauna, portanto"],
  };
  for (const [code, [marks, question]] of Object.entries(talk)) {
    const words = [...marks.split(" "), "sauna"].sort().map((word) => ({ word, chunks: 2 }));
    const asked = readQuestion(question, new Vocabulary(words, 9));
    assert.deepEqual(asked.map(({ forms }) => [...forms.keys()]), [["sauna"]], code);
  }
});

Deno.test("A Portuguese word is found by its plural, and the plural by it", () => {
  const vocabulary = (...words: string[]) =>
    new Vocabulary(
      [..."o os do em nao com uma".split(" "), ...words].sort().map((word) => ({ word, chunks: 1 })),
      9,
    );
  const found = (question: string, word: string) =>
    readQuestion(question, vocabulary(word)).some(({ forms }) => forms.has(word));
  assert.ok(found("o cão", "caes") && found("os cães", "cao") && found("a estação", "estacoes"));
});

/** Questions as callers ask them, and the heading that each must find first. */
const CASES: Readonly<Record<string, { sections: Record<string, string>; asked: Record<string, string> }>> = {
  German: {
    sections: {
      Zahnreinigung: "Die professionelle Zahnreinigung kostet 89 Euro.",
      Parken: "Parkplätze finden Sie in der Gärtnerstraße 5, der Fußweg ist kurz.",
      Öffnungszeiten: "Geöffnet ist montags von neun bis siebzehn Uhr.",
      Hausbesuche: "Wir kommen auf Wunsch zu Ihnen nach Hause.",
      Versicherung: "Gesetzlich Versicherte zahlen nichts dazu.",
      Absagen: "Die Stornierung ist einen Tag vorher kostenfrei.",
    },
    asked: {
      "Was kostet die Reinigung?": "Zahnreinigung",
      "Gibt es einen Parkplatz?": "Parken",
      "Ist das in der Gaertnerstrasse?": "Parken",
      "Wie weit ist der Weg zu Fuss?": "Parken",
      "Wann öffnen Sie?": "Öffnungszeiten",
      "Sind Sie um 17 Uhr noch da?": "Öffnungszeiten",
      "Machen Sie auch Besuche?": "Hausbesuche",
      "Ich bin gesetzlich versichert": "Versicherung",
      "Kann ich auch kostenlos stornieren?": "Absagen",
      "Wann muss ich stornirt haben?": "Absagen",
    },
  },
  Japanese: {
    sections: {
      営業時間: "営業時間は午前九時から午後六時までです。",
      駐車場: "駐車場は建物の裏にあります。",
    },
    asked: { "駐車場はどこですか": "駐車場", "営業は何時までですか": "営業時間" },
  },
  Chinese: {
    sections: { 营业时间: "我们周一至周五上午九点到下午六点营业。", 停车: "楼后有免费停车场。" },
    asked: { "有停车场吗？": "停车", "你们几点开始营业": "营业时间" },
  },
  "Hindi and Arabic": {
    sections: { समय: "अस्पताल का समय सुबह नौ बजे से है।", الموقف: "موقف السيارات خلف المبنى." },
    asked: { "अस्पताल कब खुलता है": "समय", "أين موقف السيارات": "الموقف" },
  },
  English: {
    sections: {
      "Wi-Fi": "The password is on your key.",
      Babies: "A cot for your baby is free.",
      Prices: "A massage is € 49.90.",
      Cancelling: "Cancel a day ahead.",
    },
    asked: {
      "do you have wi fi": "Wi-Fi",
      "what's the wifi password": "Wi-Fi",
      "I'm bringing two babies": "Babies",
      "so is it forty-nine ninety": "Prices",
      "your cancellation policy": "Cancelling",
      "how much is a masage": "Prices",
    },
  },
};

for (const [language, { sections, asked }] of Object.entries(CASES)) {
  Deno.test(`Questions in ${language} find passages with other forms of their words`, async () => {
    using folder = new TempFolder();
    await using store = await SqliteKnowledgeStore.open(folder.path, "cases");
    await store.put(chunksFrom("a.md", sections).map((chunk) => ({ chunk, vector: undefined })), undefined);
    for (const [question, heading] of Object.entries(asked)) {
      assert.equal((await store.searchWords(question, 3))[0]?.chunk.heading, heading, question);
    }
  });
}

Deno.test("A passage whose heading the question names holds more of it than one that mentions the same word", () => {
  const forms = new Map([["breakfast", 1]]);
  const asked = [{ weight: 1, forms }, { weight: 2, forms: new Map<string, number>() }];
  const [named, mentioned] = rankChunks(
    [{ heading: "Hotel > Parking", text: "Before breakfast." }, {
      heading: "Hotel > Breakfast",
      text: "At seven.",
    }],
    asked,
    2,
  );
  assert.equal(named.item.heading, "Hotel > Breakfast");
  assert.equal(mentioned.score, 1 / 3);
  assert.equal(named.score, 1.5 / 3);
});

Deno.test("What callers say around a thing does not find passages in its place", async () => {
  using folder = new TempFolder();
  await using store = await SqliteKnowledgeStore.open(folder.path, "camp");
  const sections = {
    Haustiere: "Hunde sind an der Leine willkommen.",
    Bootsverleih: "Kajaks kosten 12 € je Stunde. Schwimmwesten sind dabei.",
    Preise: "Ein Hund kostet 3 €.",
  };
  await store.put(chunksFrom("a.md", sections).map((chunk) => ({ chunk, vector: undefined })), undefined);
  const found = await store.searchWords("wir haben noch nen Hund dabei was macht der", 3);
  assert.deepEqual(found.map(({ chunk }) => chunk.heading).sort(), ["Haustiere", "Preise"]);
});
