import assert from "node:assert/strict";
import { isBackchannel, isFarewell, saysGoodbye } from "../../../src/call/conversation/backchannels.ts";

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

Deno.test("isBackchannel() goes by the words of the business's language, and by those of all where none is known", () => {
  assert.equal(isBackchannel("Genau.", "de"), true);
  assert.equal(isBackchannel("Genau.", "en"), false);
  assert.equal(isBackchannel("Genau.", undefined), true);
  assert.equal(isBackchannel("Genau.", "ja"), true);
  assert.equal(isBackchannel("D’accord", "fr-CA"), true, "another apostrophe, and a region");
  assert.equal(isBackchannel("Oui", "de-AT"), false);
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
