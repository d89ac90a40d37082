/*
 * What people say to show that they listen. Said into an answer it asks for no turn. Words that are an answer
 * by themselves, such as "yes" and "no", are left out where a language has others for it.
 */
const BY_LANGUAGE: Readonly<Record<string, readonly string[]>> = {
  en: ["okay", "ok", "right", "yeah", "yep", "sure", "i see", "got it", "alright", "all right", "go on"],
  de: ["okay", "ok", "ja", "jaja", "genau", "gut", "stimmt", "verstehe", "ach so", "achso", "alles klar"],
  es: ["vale", "ok", "sí", "ya", "claro", "entiendo", "de acuerdo", "ajá"],
  fr: ["ok", "oui", "ouais", "d'accord", "daccord", "je vois", "bien", "très bien"],
  it: ["ok", "sì", "certo", "va bene", "capisco", "d'accordo", "ho capito", "già"],
  pt: ["ok", "sim", "certo", "tá", "tá bom", "entendo", "claro", "pois", "pois é"],
};

/** Sounds of every language: mhm, uh-huh, hmm, äh, aha, oh. */
const SOUND =
  /^(?:m+h*m*|m+ ?h+m+|h+m+|u+h+ ?h+u+h+|u+h*m*|e+h+m*|[äa]+h+m*|ö+h+m*|e+r+m*|a+h+a+|a+j+[aá]+|o+h+|h+u+h+|h+[aä]+)$/u;
const EVERY = new Set(Object.values(BY_LANGUAGE).flat());
const SETS = new Map(Object.entries(BY_LANGUAGE).map(([language, words]) => [language, new Set(words)]));
/** More words than this are said for more than to show that one listens. */
const MAX_WORDS = 4;

/**
 * True for words that only show that somebody listens, such as "mhm, okay", and for a text without any words.
 *
 * @param language of the business, ISO 639-1; undefined, or one that is not known here: of any language
 */
export function isBackchannel(text: string, language: string | undefined): boolean {
  const words = text.toLowerCase().normalize("NFC").replaceAll("’", "'").replace(/[^\p{L}\p{N}' ]+/gu, " ")
    .trim().split(/\s+/).filter((word) => word !== "");
  if (words.length > MAX_WORDS) return false;
  const known = SETS.get((language ?? "").slice(0, 2)) ?? EVERY;
  for (let at = 0; at < words.length;) {
    const pair = words.slice(at, at + 2).join(" "); // at the end, the word alone
    if (known.has(pair) || SOUND.test(pair)) at += 2;
    else if (known.has(words[at]) || SOUND.test(words[at])) at++;
    else return false;
  }
  return true;
}
