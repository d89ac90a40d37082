import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import { OWN_WORDS, SPOKEN_MOMENTS } from "../../../src/businesses/own_words.ts";
import {
  outOfServiceTwiml,
  thanksTwiml,
  transferTwiml,
  treatmentTwiml,
  waitTwiml,
  whisperTwiml,
} from "../../../src/carrier/twilio/twiml.ts";
import { WebhookUrls } from "../../../src/carrier/twilio/webhook_urls.ts";
import { parseTwiml } from "../../../src/lab/twilio/parse_twiml.ts";
import { businessOf, readFile } from "../../businesses/business_files.ts";

const urls = new WebhookUrls("https://voice.example.com");
const TARGET = {
  name: "Desk",
  description: "",
  number: "+15550100009",
  announcement: true,
  whisper: true,
  ringSeconds: 20,
} as const;

/** Everything that Twilio says for a business, with the attributes of its `<Say>`. */
function spoken(business: Business): string[] {
  const route = { urls, business };
  const documents = [
    treatmentTwiml(route, "busy"),
    waitTwiml(route, 1),
    outOfServiceTwiml(business),
    treatmentTwiml(route, "fallback"),
    treatmentTwiml(route, "after_hours"),
    thanksTwiml(business),
    transferTwiml(route, TARGET),
    whisperTwiml(TARGET, business),
  ];
  for (const document of documents) parseTwiml(document); // throws for what is no TwiML
  return documents.map((document) => /<Say.*?<\/Say>/.exec(document)?.[0] ?? "");
}

const CLOSED = { hours: { timeZone: "Europe/Berlin", week: {}, afterHours: { action: "say" } } };

/** Twilio's names of languages: https://www.twilio.com/docs/voice/twiml/say */
for (
  const [language, name] of Object.entries({
    en: "en-US",
    de: "de-DE",
    es: "es-ES",
    fr: "fr-FR",
    it: "it-IT",
    pt: "pt-BR",
  })
) {
  Deno.test(`Twilio speaks our own words in the business's language: ${language}`, async () => {
    const said = spoken(await businessOf({ language, ...CLOSED }));
    assert.deepEqual(
      said,
      SPOKEN_MOMENTS.map((moment) => `<Say language="${name}">${OWN_WORDS[language][moment]}</Say>`),
    );
    assert.equal(new Set(said).size, SPOKEN_MOMENTS.length);
  });
}

Deno.test("Our own words differ by language, and each fits into what a file may say", () => {
  for (const moment of SPOKEN_MOMENTS) {
    const texts = Object.values(OWN_WORDS).map((words) => words[moment]);
    assert.equal(new Set(texts).size, texts.length, moment);
    for (const text of texts) assert.ok(text.length > 10 && text.length <= 400, text);
  }
});

Deno.test("A business's words and Twilio's voice take the place of ours", async () => {
  const business = await businessOf({
    language: "de",
    say: { language: "de-AT", voice: "Polly.Vicki-Neural" },
    busyWords: "Alles besetzt.",
    whenBusy: { waitWords: "" },
    outOfServiceWords: "Weg.",
    fallback: { words: "Leider nein." },
    thanksWords: "Danke.",
    hours: { ...CLOSED.hours, afterHours: { action: "say", words: "Zu." } },
  });
  const say = (text: string) => `<Say language="de-AT" voice="Polly.Vicki-Neural">${text}</Say>`;
  assert.deepEqual(spoken(business), [
    say("Alles besetzt."),
    "",
    say("Weg."),
    say("Leider nein."),
    say("Zu."),
    say("Danke."),
    say(OWN_WORDS.de.announcement),
    say(OWN_WORDS.de.whisper),
  ]);
});

Deno.test("Words that we lack in a language are English by an English voice; the business's own are in its language", async () => {
  const business = await businessOf({
    language: "nl",
    busyWords: "Alles bezet.",
    say: { voice: "Polly.Lotte" },
  });
  const [busy, wait] = spoken(business);
  assert.equal(busy, `<Say language="nl-NL" voice="Polly.Lotte">Alles bezet.</Say>`);
  assert.equal(wait, `<Say language="en-US">${OWN_WORDS.en.wait}</Say>`);
});

Deno.test("A business without a language is spoken for as the account has it", () => {
  assert.equal(spoken(DEFAULT_BUSINESS)[0], `<Say>${OWN_WORDS.en.busy}</Say>`);
});

Deno.test("What is no language and no voice of Twilio's is a problem of the file", async () => {
  assert.deepEqual(await readFile({ say: { language: 'de" x="', voice: "<Hangup/>" } }), [
    "acme.json: say.language must be a language such as de-DE",
    "acme.json: say.voice must be a voice of Twilio's such as Polly.Vicki",
  ]);
});
