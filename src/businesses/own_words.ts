/*
 * What this program says in words of its own, where a business has given none: by Twilio, and to callers who
 * wait for the model. What the model says is the model's.
 */

/** Moments that have words of their own. */
export const SPOKEN_MOMENTS = [
  /** No call can be taken. */
  "busy",
  /** The caller waits for a free line. */
  "wait",
  "outOfService",
  /** The model cannot be had. */
  "fallback",
  /** The business is closed, and its model takes no calls then. */
  "closed",
  /** A message was recorded. */
  "thanks",
  /** Told to the caller before a transfer rings. */
  "announcement",
  /** Told to the one who answers it. */
  "whisper",
] as const;

/** One of those moments. */
export type SpokenMoment = typeof SPOKEN_MOMENTS[number];

/** The words of a business that gives none. */
export const ENGLISH_WORDS: Readonly<Record<SpokenMoment, string>> = {
  busy: "All our lines are busy right now. Please call again in a few minutes. Goodbye.",
  wait: "All our lines are busy right now. Please hold.",
  outOfService: "The number that you have dialled is not in service. Goodbye.",
  fallback: "Sorry, we cannot take your call right now. Please try again in a few minutes. Goodbye.",
  closed: "We are closed at the moment. Please call again during our opening hours. Goodbye.",
  thanks: "Thank you. We have your message. Goodbye.",
  announcement: "One moment please, you are being put through.",
  whisper: "A caller is being put through to you.",
};

/** The words by language (ISO 639-1). */
export const OWN_WORDS: Readonly<Record<string, Readonly<Record<SpokenMoment, string>>>> = {
  en: ENGLISH_WORDS,
  de: {
    busy:
      "Im Moment sind alle unsere Leitungen belegt. Bitte rufen Sie in ein paar Minuten noch einmal an. Auf Wiederhören.",
    wait: "Im Moment sind alle unsere Leitungen belegt. Bitte bleiben Sie am Apparat.",
    outOfService: "Die gewählte Rufnummer ist nicht vergeben. Auf Wiederhören.",
    fallback:
      "Es tut uns leid, wir können Ihren Anruf gerade nicht annehmen. Bitte versuchen Sie es in ein paar Minuten noch einmal. Auf Wiederhören.",
    closed:
      "Wir haben zurzeit geschlossen. Bitte rufen Sie während unserer Öffnungszeiten noch einmal an. Auf Wiederhören.",
    thanks: "Vielen Dank. Wir haben Ihre Nachricht. Auf Wiederhören.",
    announcement: "Einen Moment bitte, Sie werden verbunden.",
    whisper: "Ein Anruf wird zu Ihnen durchgestellt.",
  },
  es: {
    busy:
      "En este momento todas nuestras líneas están ocupadas. Por favor, vuelva a llamar dentro de unos minutos. Adiós.",
    wait: "En este momento todas nuestras líneas están ocupadas. Por favor, manténgase a la espera.",
    outOfService: "El número que ha marcado no está en servicio. Adiós.",
    fallback:
      "Lo sentimos, ahora no podemos atender su llamada. Por favor, inténtelo de nuevo dentro de unos minutos. Adiós.",
    closed:
      "En este momento estamos cerrados. Por favor, vuelva a llamar dentro de nuestro horario de atención. Adiós.",
    thanks: "Gracias. Hemos recibido su mensaje. Adiós.",
    announcement: "Un momento, por favor, le paso la llamada.",
    whisper: "Le pasamos una llamada.",
  },
  fr: {
    busy:
      "Toutes nos lignes sont occupées pour le moment. Merci de rappeler dans quelques minutes. Au revoir.",
    wait: "Toutes nos lignes sont occupées pour le moment. Merci de patienter.",
    outOfService: "Le numéro que vous avez composé n'est pas en service. Au revoir.",
    fallback:
      "Nous sommes désolés, nous ne pouvons pas prendre votre appel pour le moment. Merci de réessayer dans quelques minutes. Au revoir.",
    closed: "Nous sommes fermés pour le moment. Merci de rappeler pendant nos heures d'ouverture. Au revoir.",
    thanks: "Merci. Nous avons bien reçu votre message. Au revoir.",
    announcement: "Un instant, s'il vous plaît, nous vous mettons en relation.",
    whisper: "Un appel vous est transféré.",
  },
  it: {
    busy:
      "Al momento tutte le nostre linee sono occupate. La preghiamo di richiamare tra qualche minuto. Arrivederci.",
    wait: "Al momento tutte le nostre linee sono occupate. La preghiamo di attendere in linea.",
    outOfService: "Il numero che ha composto non è in servizio. Arrivederci.",
    fallback:
      "Ci dispiace, al momento non possiamo rispondere alla Sua chiamata. La preghiamo di riprovare tra qualche minuto. Arrivederci.",
    closed:
      "In questo momento siamo chiusi. La preghiamo di richiamare durante i nostri orari di apertura. Arrivederci.",
    thanks: "Grazie. Abbiamo ricevuto il Suo messaggio. Arrivederci.",
    announcement: "Un attimo, per favore, La metto in comunicazione.",
    whisper: "Le viene passata una chiamata.",
  },
  pt: {
    busy:
      "No momento, todas as nossas linhas estão ocupadas. Por favor, ligue novamente daqui a alguns minutos. Até logo.",
    wait: "No momento, todas as nossas linhas estão ocupadas. Por favor, aguarde na linha.",
    outOfService: "O número que você discou não está em serviço. Até logo.",
    fallback:
      "Desculpe, não podemos atender a sua ligação agora. Por favor, tente novamente daqui a alguns minutos. Até logo.",
    closed:
      "No momento estamos fechados. Por favor, ligue novamente durante o nosso horário de atendimento. Até logo.",
    thanks: "Obrigado. Recebemos a sua mensagem. Até logo.",
    announcement: "Um momento, por favor, a sua ligação está sendo transferida.",
    whisper: "Uma ligação está sendo transferida para você.",
  },
};

/**
 * Said in the agent's own voice to a caller who waits for the model, by language. They fit any moment, and
 * any order.
 */
export const OWN_HOLD_WORDS: Readonly<Record<string, readonly string[]>> = {
  en: ["One moment, please.", "I'm still here, just a moment."],
  de: ["Einen Moment, bitte.", "Ich bin noch da, einen kleinen Moment."],
  es: ["Un momento, por favor.", "Sigo aquí, deme un momento."],
  fr: ["Un instant, s'il vous plaît.", "Je suis toujours là, encore un instant."],
  it: ["Un attimo, per favore.", "Sono ancora qui, solo un attimo."],
  pt: ["Um momento, por favor.", "Ainda estou aqui, só um momento."],
};

/**
 * A sentence for a caller who waits: its words, and the WAV file that has it spoken, if the business has one.
 */
export interface HoldSentence {
  readonly text: string;
  readonly file?: string;
}

/** What a business says of the sentences for its callers who wait. */
interface HoldSpeaker extends Speaker {
  readonly holdWords?: readonly (string | HoldSentence)[];
  readonly transcription: { readonly language?: string; readonly languages?: readonly string[] } | null;
}

/**
 * What a caller hears who waits for the model: the business's sentences, else our own in its language, or in
 * the one that its callers are expected to speak; in English where we have none in that.
 */
export function holdSentences(
  { holdWords, transcription, ...business }: HoldSpeaker,
): readonly HoldSentence[] {
  const expected = transcription?.language ?? transcription?.languages?.[0];
  const language = ownLanguage({ ...business, language: business.language ?? expected });
  const words = holdWords ?? OWN_HOLD_WORDS[Object.hasOwn(OWN_HOLD_WORDS, language) ? language : "en"];
  return words.map((sentence) => typeof sentence === "string" ? { text: sentence } : sentence);
}

/**
 * What Twilio calls the languages that its basic voices speak. Source: https://www.twilio.com/docs/voice/twiml/say
 */
const SAY_LANGUAGES: Readonly<Record<string, string>> = {
  ca: "ca-ES",
  da: "da-DK",
  de: "de-DE",
  en: "en-US",
  es: "es-ES",
  fi: "fi-FI",
  fr: "fr-FR",
  it: "it-IT",
  ja: "ja-JP",
  ko: "ko-KR",
  nb: "nb-NO",
  nl: "nl-NL",
  no: "nb-NO",
  pl: "pl-PL",
  pt: "pt-BR",
  ru: "ru-RU",
  sv: "sv-SE",
  zh: "zh-CN",
};

/**
 * Words for Twilio to say, and how; without language and voice in what the account has set, which is English
 * by default.
 */
export interface SpokenWords {
  readonly text: string;
  /** Such as `de-DE`. */
  readonly language?: string;
  /** Such as `Polly.Vicki`. */
  readonly voice?: string;
}

/** How a business's words are spoken, and in which language its own words of this program are. */
interface Speaker {
  readonly language?: string;
  readonly say: { readonly language?: string; readonly voice?: string };
}

/** The language of our own words in a business's calls. */
function ownLanguage({ language, say }: Speaker): string {
  return language ?? say.language?.split("-")[0].toLowerCase() ?? "en";
}

/** Words of the business's, in its language. */
function businessWords({ language = "", say }: Speaker, text: string): SpokenWords {
  return { text, language: say.language ?? SAY_LANGUAGES[language], voice: say.voice };
}

/**
 * What is said in a moment: the business's words, else our own in its language; in English where we have none
 * in that, by an English voice.
 *
 * @param given what the business has for this moment; true, or our own words in English, when it has none
 */
export function wordsFor(business: Speaker, moment: SpokenMoment, given: string | true): SpokenWords {
  if (given !== true && given !== ENGLISH_WORDS[moment]) return businessWords(business, given);
  const language = ownLanguage(business);
  const words = Object.hasOwn(OWN_WORDS, language) ? OWN_WORDS[language] : undefined;
  if (words) return businessWords(business, words[moment]);
  return { text: ENGLISH_WORDS[moment], language: SAY_LANGUAGES.en };
}
