import type { SearchLanguage } from "./search_languages.ts";

/** The names of 0 to 19, then of 20 to 90 by tens. */
const NAMES: Readonly<Record<SearchLanguage["code"], string>> = {
  en:
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen " +
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety",
  de:
    "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn " +
    "achtzehn neunzehn zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig",
  es:
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete " +
    "dieciocho diecinueve veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
  fr:
    "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dixsept dixhuit dixneuf " +
    "vingt trente quarante cinquante soixante soixantedix quatrevingts quatrevingtdix",
  it:
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici " +
    "diciassette diciotto diciannove venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
  pt:
    "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete dezoito " +
    "dezenove vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
};

/** The words of a number run together: `fortynine`, `neunundvierzig`, `cuarentaynueve`. */
type NumberNames = ReadonlyMap<string, number>;

const made = new Map<SearchLanguage["code"], NumberNames>();

/** Words that one number may have: `quatre vingt dix neuf`. */
const MAX_NUMBER_WORDS = 4;

/**
 * Finds a number that is spoken at a place of a question. 1 is no number here: it is an article in most
 * languages.
 *
 * @returns its value and how many words it has; undefined where none begins
 */
export function spokenNumber(
  words: readonly string[],
  start: number,
  languages: readonly SearchLanguage[],
): { value: number; words: number } | undefined {
  for (let count = Math.min(MAX_NUMBER_WORDS, words.length - start); count > 0; count--) {
    const name = words.slice(start, start + count).join("");
    for (const { code } of languages) {
      const value = namesOf(code).get(name);
      if (value !== undefined) return { value, words: count };
    }
  }
  return undefined;
}

/** How a number is written as one word, in each of the languages. */
export function numberNames(value: number, languages: readonly SearchLanguage[]): string[] {
  return languages.flatMap(({ code }) =>
    [...namesOf(code)].flatMap(([name, its]) => its === value ? name : [])
  );
}

function namesOf(code: SearchLanguage["code"]): NumberNames {
  const before = made.get(code);
  if (before) return before;
  const names = new Map<string, number>();
  const list = NAMES[code].split(" ");
  for (let value = 2; value < 100; value++) {
    for (const name of value < 20 ? [list[value]] : tensOf(code, list, value)) names.set(name, value);
  }
  names.set({ en: "hundred", de: "hundert", es: "cien", fr: "cent", it: "cento", pt: "cem" }[code], 100);
  made.set(code, names);
  return names;
}

function tensOf(code: SearchLanguage["code"], list: readonly string[], value: number): string[] {
  const tens = list[18 + Math.floor(value / 10)];
  const unit = list[value % 10];
  if (value % 10 === 0) return code === "fr" && value === 80 ? [tens, "quatrevingt"] : [tens];
  switch (code) {
    case "en":
      return [tens + unit];
    case "de":
      return [`${value % 10 === 1 ? "ein" : unit}und${tens}`];
    case "es":
      return value < 30 ? [`veinti${unit}`] : [`${tens}y${unit}`];
    case "fr":
      return frenchTens(list, value);
    case "it": {
      const stem = value % 10 === 1 || value % 10 === 8 ? tens.slice(0, -1) : tens;
      return [stem + unit];
    }
    case "pt":
      return [`${tens}e${unit}`];
  }
}

function frenchTens(list: readonly string[], value: number): string[] {
  const teens = value >= 70 && value < 80 || value >= 90;
  const base = { 6: "soixante", 7: "soixante", 8: "quatrevingt", 9: "quatrevingt" }[Math.floor(value / 10)] ??
    list[18 + Math.floor(value / 10)];
  const rest = list[teens ? value % 10 + 10 : value % 10];
  return [`${base}${rest}`, `${base}et${rest}`];
}
