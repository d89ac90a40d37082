import assert from "node:assert/strict";
import {
  asksForMoment,
  isAssent,
  isBackchannel,
  isFarewell,
  isSalutation,
  saysGoodbye,
} from "../../../src/call/conversation/backchannels.ts";
import { hasWords } from "../../../src/call/conversation/transcribed_words.ts";

const SOUNDS = [
  "Mhm.",
  "mm",
  "Mm-hmm",
  "Uh-huh!",
  "uh huh",
  "Hm…",
  "hmm",
  "äh",
  "Ähm,",
  "öh",
  "err",
  "aha",
  "Ajá",
  "oh",
  "hä",
];

Deno.test("isBackchannel() is true for the sounds of a listener, in every language, and for no words at all", () => {
  for (const language of ["en", "de", "ja", undefined]) {
    for (const text of [...SOUNDS, "", "  ", "…", "?!"]) {
      assert.equal(isBackchannel(text, language), true, `${language}: "${text}"`);
    }
  }
});

Deno.test("isBackchannel() knows the words of all languages, whatever the business's is: callers speak their own", () => {
  assert.equal(isBackchannel("Genau.", "de"), true);
  assert.equal(isBackchannel("Genau.", "en"), true);
  for (const text of ["Haan ji.", "हाँ", "はい、はい。", "да, да", "tamam", "好的", "Oké, prima."]) {
    assert.equal(isBackchannel(text, "en"), true, text);
  }
  for (const text of ["No.", "Nein.", "いいえ", "нет", "Hayır.", "不是"]) {
    assert.equal(isBackchannel(text, "en"), false, text);
  }
  assert.equal(isBackchannel("Genau.", undefined), true);
  assert.equal(isBackchannel("Genau.", "ja"), true);
  assert.equal(isBackchannel("D’accord", "fr-CA"), true, "another apostrophe, and a region");
  assert.equal(isBackchannel("Oui", "de-AT"), true);
});

Deno.test("isBackchannel() knows pairs of words, in between others too", () => {
  assert.equal(isBackchannel("I see", "en"), true);
  assert.equal(isBackchannel("okay, I see", "en"), true);
  assert.equal(isBackchannel("I see, okay", "en"), true);
  assert.equal(isBackchannel("I", "en"), false);
  assert.equal(isBackchannel("see", "en"), false);
  assert.equal(isBackchannel("okay I", "en"), false);
});

Deno.test("isBackchannel() is false for any other word, and for too many", () => {
  for (
    const text of [
      "no",
      "stop",
      "okay stop",
      "stop okay",
      "I see, stop",
      "uh huh stop",
      "mhm, but no",
      "ohm",
      "5",
      "ok 5",
    ]
  ) {
    assert.equal(isBackchannel(text, "en"), false, text);
  }
  for (const text of ["Exactly.", "Oh, great!", "Makes sense.", "I understand."]) {
    assert.equal(isBackchannel(text, "en"), true, text);
  }
  for (const text of ["Great, thanks.", "I understand, but no.", "Perfect, book it."]) {
    assert.equal(isBackchannel(text, "en"), false, text);
  }
  assert.equal(isBackchannel("okay okay okay okay", "en"), true);
  assert.equal(isBackchannel("okay okay okay okay okay", "en"), false);
});

Deno.test("isFarewell() is true for what people say back to a goodbye, and not for what wants the call to go on", () => {
  const farewells: readonly (readonly [string | undefined, string])[] = [
    ["en", "Okay, bye!"],
    ["en", "Alright, thank you so much, bye bye."],
    ["en-GB", "Thanks, you too. Have a nice day!"],
    ["de", "Ja, danke schön, Ihnen auch, tschüss!"],
    ["es", "Vale, muchas gracias, adiós."],
    ["fr", "D'accord, merci beaucoup, au revoir."],
    ["it", "Va bene, grazie mille, arrivederci."],
    ["pt", "Tá bom, muito obrigado, tchau."],
    [undefined, "Mhm, ciao."],
    ["en", "…"],
  ];
  for (const [language, text] of farewells) assert.equal(isFarewell(text, language), true, text);
  for (const text of ["No, wait.", "Thanks, one more thing.", "Bye, but what about my order?", "Hello?"]) {
    assert.equal(isFarewell(text, "en"), false, text);
  }
});

Deno.test("saysGoodbye() is true for what takes leave, wherever it stands, and not for thanks or a greeting", () => {
  const goodbyes = [
    ["en", "You are welcome. Have a nice day!"],
    ["en", "Thanks for calling, good-bye."],
    ["de", "Gern geschehen. Auf Wiederhören!"],
    ["fr", "Merci de votre appel, bonne journée."],
    [undefined, "Arrivederci, e grazie."],
  ] as const;
  for (const [language, text] of goodbyes) assert.ok(saysGoodbye(text, language), text);
  for (const text of ["", "Thank you, one moment.", "We are open until five.", "Okay, sure."]) {
    assert.ok(!saysGoodbye(text, "en"), text);
  }
});

Deno.test("isSalutation() is true for words that only open a talk", () => {
  for (const text of ["Hello?", "Hi there!", "Yes, hello?", "Good morning."]) {
    assert.ok(isSalutation(text, "en"), text);
  }
  assert.ok(isSalutation("Ja, hallo?", "de"));
  assert.ok(isSalutation("Pronto?", "it"));
  for (const text of ["Hello, I need help.", "Stop.", "No."]) assert.ok(!isSalutation(text, "en"), text);
});

Deno.test("asksForMoment() is true for words that ask for time, wherever in the text", () => {
  const asking = [
    ["en", "Okay, just a second, I have it somewhere."],
    ["en", "Let me check."],
    ["de", "Moment bitte, ich schaue nach."],
    ["es", "Espere un momento, por favor."],
    ["pt-BR", "Só um minutinho."],
    [undefined, "Un attimo."],
  ] as const;
  for (const [language, text] of asking) assert.ok(asksForMoment(text, language), text);
  for (const text of ["", "At this moment I am at home.", "The second one, please.", "Hold it for me."]) {
    assert.ok(!asksForMoment(text, "en"), text);
  }
});

Deno.test("What stands for a sound in a transcription, or was made up for one, is no word", () => {
  for (
    const text of [
      "[cough]",
      "(laughs) mhm",
      "*sighs*",
      "♪ la la ♪",
      "Thanks for watching!",
      "Sous-titrage ST' 501",
    ]
  ) {
    assert.ok(isBackchannel(text, undefined), text);
  }
  for (
    const text of [
      "(no) yes, five",
      "Thanks for calling",
      "I was watching",
      "I want to subscribe to your plan",
    ]
  ) {
    assert.ok(!isBackchannel(text, "en"), text);
  }
  // What models are known to make of noise, in languages that nobody on the line speaks.
  for (
    const text of [
      "ご視聴ありがとうございました",
      "시청해주셔서 감사합니다!",
      "MBC 뉴스 이덕영입니다.",
      "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
      "Продолжение следует...",
      "Субтитры сделал DimaTorzok",
      "İzlediğiniz için teşekkür ederim.",
    ]
  ) {
    assert.equal(hasWords(text), false, text);
  }
  for (const text of ["Спасибо", "ありがとうございます", "我想订阅", "Abone olmak istiyorum"]) {
    assert.ok(hasWords(text), text);
  }
});

Deno.test("isFarewell() is true for a long leave, and not for a no, nor for polite words that ask for something", () => {
  for (
    const [language, text] of [
      ["en", "Perfect, thank you so much for your help, you have a great day too, bye bye!"],
      ["en", "Nope, that's everything, thanks!"],
      ["de", "Nein, das war alles, danke. Auf Wiederhören."],
      ["es", "Perfecto, muchas gracias por su ayuda, que tenga un buen día, adiós."],
      ["it", "Perfetto, grazie mille per l'aiuto, buona giornata anche a lei, arrivederci."],
      ["pt", "Perfeito, muito obrigado pela ajuda, tenha um bom dia, tchau."],
    ] as const
  ) assert.ok(isFarewell(text, language), text);
  for (
    const text of ["No.", "No, no, no!", "You, please.", "Thanks, and what about Sunday?", "Yes, please."]
  ) {
    assert.ok(!isFarewell(text, "en"), text);
  }
});

Deno.test("isAssent() is true for words that agree, and not for those that refuse", () => {
  for (
    const [language, text] of [
      ["en", "Yes please, that would be great."],
      ["en", "Sounds good."],
      ["de", "Ja bitte, das wäre super."],
      ["fr", "Oui, s'il vous plaît."],
      [undefined, "Sim, por favor."],
    ] as const
  ) assert.ok(isAssent(text, language), text);
  for (const text of ["No, thanks.", "Not sales, please.", "Yes, but first my order.", "Wait."]) {
    assert.ok(!isAssent(text, "en"), text);
  }
});

Deno.test("isBackchannel() and its like take what a model makes of noise in a moment, however many brackets that has", () => {
  const startMs = performance.now();
  for (const unit of ["(", "[", "(cough", "[a", "*", "♪", "mhm", "m"]) {
    const text = `${unit.repeat(18_000)}x`;
    isBackchannel(text, "en");
    assert.equal(asksForMoment(text, "en"), false, unit);
  }
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < 2_000, `${tookMs} ms`);
});

Deno.test("isBackchannel() takes a sound in brackets for no words, beside brackets that are none", () => {
  assert.equal(isBackchannel("[(laughs)] mhm (Hustet) *sighs*", "en"), true);
  assert.equal(isBackchannel("(my order) mhm", "en"), false);
});
