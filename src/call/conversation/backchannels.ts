import { wordsOf } from "./transcribed_words.ts";

/*
 * What people say to show that they listen. Said into an answer it asks for no turn. Words that are an answer
 * by themselves, such as "yes" and "no", are left out where a language has others for it.
 */
const BY_LANGUAGE = listed({
  en:
    "okay, ok, right, yeah, yep, sure, i see, got it, gotcha, alright, all right, go on, exactly, makes sense, cool, " +
    "great, perfect, nice, wow, i understand, understood",
  de:
    "ja, jaja, genau, gut, stimmt, verstehe, ich verstehe, ach so, achso, alles klar, klar, super, perfekt, prima",
  es: "vale, sí, ya, claro, entiendo, de acuerdo, ajá, exacto, perfecto, muy bien",
  fr: "oui, ouais, d'accord, daccord, je vois, bien, très bien, parfait, exactement, je comprends",
  it: "sì, certo, va bene, capisco, d'accordo, ho capito, già, perfetto, esatto, bene",
  pt: "sim, tá, tá bom, entendo, pois, pois é, perfeito, exato, beleza",
  nl: "oké, precies, goed, klopt, snap ik, duidelijk, juist",
  tr: "evet, tamam, anladım, peki, olur, tabii, doğru",
  ru: "да, угу, ага, понятно, хорошо, ясно, ладно, конечно, понял, поняла",
  hi: "haan, han, haan ji, ji, ji haan, theek hai, thik hai, accha, acha, achha, sahi, हाँ, हां, जी, जी हाँ, " +
    "ठीक है, अच्छा, सही",
  ja: "はい, ええ, うん, なるほど, そうですね, わかりました",
  zh: "嗯, 好, 好的, 对, 是, 是的, 明白, 知道了, 行",
});

/** Sounds of every language: mhm, uh-huh, hmm, äh, aha, oh. */
const SOUND =
  /^(?:m+h*m*|m+ ?h+m+|h+m+|u+h+ ?h+u+h+|u+h*m*|e+h+m*|[äa]+h+m*|ö+h+m*|e+r+m*|a+h+a+|a+j+[aá]+|o+h+|h+u+h+|h+[aä]+)$/u;
/** What people say back to a goodbye. It asks for nothing, and least of all that the call go on. */
const FAREWELLS = listed({
  en: "thanks, thank you, you too, same to you, likewise, cheers, have a, enjoy your, talk to you later, " +
    "talk soon, that's all, that's it, that's everything, that is all, that was all, nothing else, " +
    "appreciate it, wonderful, awesome, excellent, lovely, will do",
  de:
    "tschau, danke, dank, dankeschön, vielen dank, bis später, ihnen auch, gleichfalls, ebenso, auf wiederhören, " +
    "auf wiedersehen, schönen feierabend, schönes wochenende, gute nacht, das war's, das war alles, das wär's, " +
    "wunderbar, toll, klasse, sehr gut",
  es:
    "gracias, igualmente, chau, que tenga, buen día, buenas tardes, buenas noches, buen fin de semana, eso es todo, " +
    "eso era todo, nada más, genial, estupendo, excelente",
  fr: "merci, de même, vous aussi, bon week-end, c'est tout, ce sera tout, rien d'autre, génial",
  it:
    "grazie, ciao, altrettanto, anche a lei, buona notte, buon fine settimana, è tutto, nient'altro, ottimo, " +
    "benissimo, fantastico",
  pt: "obrigado, obrigada, igualmente, até mais, tenha, bom dia, boa tarde, boa noite, bom fim de semana, " +
    "é só isso, é tudo, mais nada, ótimo, excelente, muito bem",
});
/** What stands between such words. By itself it is none of them. */
const COURTESIES = listed({
  en:
    "you, so much, very much, a lot, for your help, for everything, for that, and, too, as well, now, then, really, " +
    "i, all, day, evening, night, weekend, afternoon, one, good, nice, great, please",
  de:
    "für ihre hilfe, für alles, für die hilfe, für die auskunft, vielen, auch, und, noch, schön, sehr, ihnen, einen, ein, " +
    "ich, wünsche, herzlichen, dann, auch so, bitte",
  es: "muchas, mil, por su ayuda, por todo, un, una, y, usted, también, muy amable, por favor",
  fr: "beaucoup, bien, infiniment, pour votre aide, pour tout, et, à vous, aussi, une, très, s'il vous plaît",
  it: "mille, tante, per l'aiuto, per tutto, e, una, un, molto, gentile, anche, a lei, per favore",
  pt:
    "muito, pela ajuda, por tudo, dia, tarde, noite, um, uma, e, também, para você, o senhor, a senhora, por favor",
});
/** "No" to a goodbye: nothing else is wanted. */
const NOTHING_MORE = listed({
  en: "no, nope, nah",
  de: "nein, nee, nö",
  es: "no",
  fr: "non",
  it: "no",
  pt: "não",
});
/** What people say to whom something is done that they have asked for. */
const ASSENTS = listed({
  en:
    "yes, please do, of course, go ahead, sounds good, that would be, that's fine, fine, do that, absolutely, " +
    "that works",
  de: "gerne, gern, das wäre, machen sie das, tun sie das, in ordnung, passt, natürlich",
  es: "adelante, está bien, sería, bueno, por supuesto",
  fr: "volontiers, allez-y, ce serait, bien sûr, avec plaisir",
  it: "volentieri, sarebbe, faccia pure, prego",
  pt: "pode ser, está bem, seria, com certeza, tudo bem",
});
/** What only somebody says who takes leave: nobody says it in the middle of a talk, or at its beginning. */
const GOODBYES = listed({
  en: "bye, goodbye, good bye, good night, take care, see you",
  de: "tschüss, tschüß, ciao, wiederhören, wiedersehen, schönen tag, schönen abend, bis dann, bis bald",
  es: "adiós, hasta luego, hasta pronto, chao",
  fr: "au revoir, bonne journée, bonne soirée, bonne nuit, à bientôt",
  it: "arrivederci, buona giornata, buona serata, a presto",
  pt: "tchau, adeus, até logo, até breve",
});
/** What takes leave by a wish: "have a nice day", but not "we have a nice table". */
const WISHES = inWords([
  "(?<!(?:we|they|i|also|still) )have an? (?:(?:very|really) )?(?:nice|good|great|lovely|wonderful|pleasant|safe) " +
  "(?:rest of (?:your |the )?)?(?:days?|one|evening|night|afternoon|morning|weekend|week|trip|flight)",
  "que tengan? (?:una? )?(?:muy )?(?:buen[ao]?s?|lind[ao]|bonit[ao]|excelente|feliz) " +
  "(?:días?|tardes?|noches?|fin de|semana|jornada|resto|viaje)",
  "tenham? uma? (?:muito )?(?:bo[am]|ótim[ao]|excelente|feliz) (?:dia|tarde|noite|fim de|final de|semana|resto|viagem)",
]);
/** Words of {@link GOODBYES} that take no leave: "we take care of that", "I see you have an appointment". */
const NO_LEAVES = inWords([
  "(?:good ?)?bye to",
  "before (?:we|i|you) say (?:good ?)?bye",
  "take care of(?! yoursel)",
  "(?<!(?:i will|we will|i'll|we'll) )see you(?! (?:soon|then|later|again|around|there|next|tomorrow|tonight|bye|goodbye|thanks?|" +
  "(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day) | $)",
  "bis dann (?:ist|sind|war|hat|haben|wird|werden|können|müssen|sollte|bleibt|dauert)",
]);
/** What people say who pick up, or hear a voice. Into a greeting it only asks for that to go on. */
const SALUTATIONS = listed({
  en: "hello, hi, hey, there, good morning, good afternoon, good evening, yes, anybody there, who is this",
  de: "hallo, ja, bitte, guten tag, guten morgen, guten abend, grüß gott, moin, servus, wer ist da",
  es: "hola, diga, dígame, bueno, aló, sí, buenos días, buenas tardes, buenas, quién es",
  fr: "allô, allo, oui, bonjour, bonsoir, qui est là, j'écoute",
  it: "pronto, sì, ciao, buongiorno, buon giorno, buonasera, chi parla",
  pt: "alô, estou, está lá, olá, oi, sim, bom dia, boa tarde, boa noite, quem fala",
});
/** Between two sentences. */
const SENTENCE_END = /(?<=[.!?…]["”»’')]*)\s+|(?<=[。！？])/;
/** How a question ends. */
const QUESTION = /[?？؟]["”»’')]*$/;
/** More words than this are said for more than to show that one listens, or to say goodbye. */
const MAX_WORDS = 4;
const MAX_FAREWELL_WORDS = 18;
/** The longest phrase of the lists, in words. */
const MAX_PHRASE_WORDS = 4;

/**
 * What somebody says who will be away from the telephone, or busy, for a moment; and machines that have
 * others wait.
 */
const MOMENTS = listed({
  en: "one moment, just a moment, a moment please, one second, just a second, one sec, just a sec, a sec, " +
    "one minute, just a minute, a minute please, hold on, hang on, bear with me, hold the line, let me check, " +
    "let me look, i'll look, i'll check, let me get, let me find, let me grab, let me ask, let me think, let me see, give me a minute, " +
    "give me a moment, give me a second, gimme a, wait a moment, wait a minute, wait a second, i'll be right back, " +
    "be right back, hold please, please hold, can you hold, could you hold, i'm looking, looking it up, " +
    "stay on the line, please wait",
  de:
    "einen moment, moment mal, moment bitte, kleinen moment, einen augenblick, augenblick bitte, augenblick mal, " +
    "sekunde bitte, eine sekunde, kleine sekunde, eine minute, warten sie, warte mal, bleiben sie dran, " +
    "ich schaue mal, ich schau mal, ich schaue nach, ich schau nach, ich sehe nach, ich hole, ich muss kurz, ich muss " +
    "mal, überlegen, nachsehen, bleiben sie in der leitung, bitte warten",
  es:
    "un momento, un momentito, un segundo, un segundito, un minuto, espere, espera, no cuelgue, déjeme, deje que, " +
    "déjame, manténgase en línea",
  fr:
    "un instant, un petit instant, une seconde, une minute, un moment, attendez, ne quittez pas, patientez, " +
    "je vais chercher, laissez-moi, veuillez patienter",
  it:
    "un attimo, un momento, un secondo, un minuto, aspetti, aspetta, attenda, resti in linea, mi faccia, mi lasci, " +
    "rimanga in linea",
  pt: "um momento, um momentinho, um segundo, um minuto, um minutinho, um instante, só um, espere, espera, " +
    "aguarde, deixe-me, deixa eu, não desligue",
});
/** Things that somebody fetches who is asked for them. */
const FETCHED = inWords([
  "(?:find|get|fetch|grab) (?:my|a|the) (?:\\p{L}+ )?" +
  "(?:cards?|wallet|pens?|papers?|glasses|calendar|purse|bag|diary|passport)",
]);
/** Words of {@link MOMENTS} that ask for none: "I'm looking for a plumber", "there is a hold on it". */
const NO_MOMENTS = inWords([
  "i'm looking (?:to|at|into|forward|for(?! (?:it|that|them|my) ))",
  "(?:a|the) hold on",
  "(?:me|te|le|se|nos|les) espera",
  "déj[ea]me (?:saber|decirle|preguntarle)",
]);
/** The same, where little else is said. */
const MOMENTS_ALONE = listed({
  en: "sec, hold, wait",
  de: "moment, momentchen, sekunde, sekündchen, augenblick",
  es: "momento, momentito",
  fr: "instant",
  it: "attimo, momento",
  pt: "momento, instante",
});
const TAKES_LEAVE = phrases(GOODBYES);
const OPENINGS = phrases(SALUTATIONS);
const PAUSES = phrases(MOMENTS);
const PAUSES_ALONE = phrases(MOMENTS_ALONE, true); // "instant" is English, too
/** So few words that a moment among them is all that they ask for. */
const MAX_ALONE_WORDS = 2;

/** Written as {@link wordsOf} gives them. */
interface Phrases {
  /** Of every language. */
  readonly any: ReadonlySet<string>;
  readonly byLanguage: ReadonlyMap<string, ReadonlySet<string>>;
}

const BACKCHANNELS = phrases(BY_LANGUAGE);
const ENDINGS = together(BY_LANGUAGE, FAREWELLS, GOODBYES);
const LAST_WORDS = phrases(ENDINGS);
const LEAVES = phrases(together(ENDINGS, COURTESIES, NOTHING_MORE));
const AGREES = phrases(together(ASSENTS, ENDINGS, COURTESIES));

/**
 * True for words that only show that somebody listens, such as "mhm, okay", and for a text without any words.
 *
 * @param language of the business, ISO 639-1; undefined, or one that is not known here: of any language
 */
export function isBackchannel(text: string, language: string | undefined): boolean {
  return consistsOf(BACKCHANNELS, text, language, MAX_WORDS);
}

/**
 * True for words that only answer a goodbye, such as "no, that's all, thank you, bye", and for a text without
 * any words.
 */
export function isFarewell(text: string, language: string | undefined): boolean {
  return consistsOf(LEAVES, text, language, MAX_FAREWELL_WORDS) &&
    (contains(LAST_WORDS, text, language) || consistsOf(LAST_WORDS, text, language, MAX_FAREWELL_WORDS));
}

/**
 * True for words that only agree to what is announced, such as "yes please", and for a text without any
 * words.
 */
export function isAssent(text: string, language: string | undefined): boolean {
  return consistsOf(AGREES, text, language, MAX_FAREWELL_WORDS);
}

/** True for words that only open a talk, such as "yes, hello?", and for a text without any words. */
export function isSalutation(text: string, language: string | undefined): boolean {
  return consistsOf(OPENINGS, text, language, MAX_WORDS);
}

/** True for words that take leave, wherever in the text. @param language as of {@link isBackchannel} */
export function saysGoodbye(text: string, language: string | undefined): boolean {
  const words = spaced(text);
  return words.search(WISHES) >= 0 || contains(TAKES_LEAVE, words.replace(NO_LEAVES, " "), language);
}

/** What stands behind the end of the sentence before; the whole text, where that has one sentence. */
export function lastSentence(text: string): string {
  return text.trim().split(SENTENCE_END).at(-1) ?? "";
}

/** True for a text that ends in a question, as it is written in any of many languages. */
export function isQuestion(text: string): boolean {
  return QUESTION.test(text.trim());
}

/** True for words that ask for a moment, wherever in the text. @param language as of {@link isBackchannel} */
export function asksForMoment(text: string, language: string | undefined): boolean {
  const words = spaced(text);
  return words.search(FETCHED) >= 0 || contains(PAUSES, words.replace(NO_MOMENTS, " "), language) ||
    (wordsOf(text).length <= MAX_ALONE_WORDS && contains(PAUSES_ALONE, text, language));
}

function spaced(text: string): string {
  return ` ${wordsOf(text).join(" ")} `;
}

/** Finds any of these among words as {@link spaced} writes them. */
function inWords(patterns: readonly string[]): RegExp {
  return new RegExp(`(?<= )(?:${patterns.join("|")})(?= )`, "gu");
}

function listed(lists: Readonly<Record<string, string>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(lists).map(([language, list]) => [language, list.split(", ")]));
}

function together(...lists: Readonly<Record<string, readonly string[]>>[]): Record<string, string[]> {
  return Object.fromEntries(
    Object.keys(lists[0]).map((language) => [language, lists.flatMap((list) => list[language] ?? [])]),
  );
}

/**
 * By language. Callers speak other languages than the business's, and models follow them: each language has
 * the phrases of all, but for what opens a talk in it, as "ciao" does.
 *
 * @param isOwnOnly it has its own ones alone
 */
function phrases(lists: Readonly<Record<string, readonly string[]>>, isOwnOnly = false): Phrases {
  const written = (list: readonly string[] = []) => list.map((phrase) => wordsOf(phrase).join(" "));
  const all = Object.values(lists).flatMap(written);
  const sets = Object.entries(lists).map(([language, list]) => {
    const openings = new Set(written(SALUTATIONS[language]));
    const foreign = isOwnOnly ? [] : all.filter((phrase) => !openings.has(phrase));
    return [language, new Set([...foreign, ...written(list)])] as const;
  });
  return { any: new Set(all), byLanguage: new Map(sets) };
}

/** Fewer words than this may be the caller's own, though the agent has said them, too. */
const MIN_ECHO_WORDS = 4;

/**
 * True for words of the agent's own that came back by the caller's loudspeaker.
 *
 * @param said what it has said
 */
export function isEcho(text: string, said: string): boolean {
  const words = wordsOf(text);
  return words.length >= MIN_ECHO_WORDS && ` ${wordsOf(said).join(" ")} `.includes(` ${words.join(" ")} `);
}

function contains(phrases: Phrases, text: string, language: string | undefined): boolean {
  const words = spaced(text);
  return [...phrasesOf(phrases, language)].some((phrase) => words.includes(` ${phrase} `));
}

function consistsOf(phrases: Phrases, text: string, language: string | undefined, maxWords: number): boolean {
  const words = wordsOf(text);
  if (words.length > maxWords) return false;
  const known = phrasesOf(phrases, language);
  for (let at = 0; at < words.length;) {
    let length = MAX_PHRASE_WORDS;
    const phrase = () => words.slice(at, at + length).join(" ");
    while (length > 0 && !known.has(phrase()) && !SOUND.test(phrase())) length--;
    if (length === 0) return false;
    at += length;
  }
  return true;
}

function phrasesOf({ any, byLanguage }: Phrases, language: string | undefined): ReadonlySet<string> {
  return byLanguage.get((language ?? "").slice(0, 2)) ?? any;
}
