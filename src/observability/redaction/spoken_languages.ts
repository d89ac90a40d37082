/** The languages whose numbers, questions and addresses are understood. */
export const LANGUAGES = ["en", "de", "es", "fr", "it", "pt"] as const;
/** One of {@link LANGUAGES}. */
export type Language = typeof LANGUAGES[number];

/** Words that tell a language: frequent at the telephone, and in few of the others. */
const TELLING: Readonly<Record<Language, string>> = {
  en:
    "the and is my it's you your i'm what's number call at on of for please would like yes can me reach we are was this that's one two three four five seven eight nine oh zero could have what how when thanks okay with it",
  de:
    "der die das und ist meine mein unter nummer bitte ich wir sie ihre ihr wie für um uhr am von bis ja nein danke null eins zwei drei vier fünf sechs sieben acht neun lautet auch den dem ein eine einen welche wann genau mit es",
  es:
    "el la los es mi y un una al me puede número teléfono por favor llamar llame sí para cuál su qué de del las a en uno dos tres cuatro cinco seis siete ocho nueve cero gracias vale soy móvil correo hola tiene está con",
  fr:
    "le la les est mon ma je vous et c'est numéro au pour votre quel quelle à un une deux trois quatre cinq sept huit neuf zéro oui merci joindre s'il plaît de du des en suis sur il appelez d'accord l' c' d' j' avez à avec",
  it:
    "il la lo è mio mia mi numero può e per favore di al allo alle dalle sì grazie qual che il suo sono un una uno due tre quattro cinque sei sette otto nove zero chiami cellulare telefono del della dei con ha poi ho",
  pt:
    "o a os é meu minha e número telefone para favor ligar ligue me do da no na um uma dois três quatro cinco seis sete oito nove sim obrigado obrigada qual seu sua que às são por telemóvel celular em com não dia está pode de ponto",
};

const TOLD = new Map<string, Language[]>();
for (const language of LANGUAGES) {
  for (const word of new Set(TELLING[language].split(" "))) {
    TOLD.set(word, [...TOLD.get(word) ?? [], language]);
  }
}

/** Words that are looked at, at most: a language shows soon. */
const MAX_WORDS = 400;

/** How much each language fits the words of a text. */
export function languageVotes(text: string): number[] {
  const votes = LANGUAGES.map(() => 0);
  let words = 0;
  for (const [word] of text.matchAll(/[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)?/gu)) {
    if (++words > MAX_WORDS) break;
    const telling = TOLD.get(word.toLowerCase().replace("’", "'")) ?? [];
    for (const language of telling) votes[LANGUAGES.indexOf(language)] += 1 / telling.length;
  }
  return votes;
}

/** The language of a text, by its words; of a short one also by those of the whole talk. */
export function languageOf(text: string, ofTalk: readonly number[] = []): Language {
  const votes = languageVotes(text).map((vote, index) => vote + Math.min(0.3 * (ofTalk[index] ?? 0), 2));
  return LANGUAGES[votes.indexOf(Math.max(...votes))];
}
