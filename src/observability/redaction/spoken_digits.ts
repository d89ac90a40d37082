/** Meaning of a word in a number read aloud. `digits`: these; `tens`: this digit, then 0 unless a unit follows. */
export type SpokenDigits =
  | { readonly kind: "digits"; readonly digits: string; readonly isUnit: boolean }
  | { readonly kind: "tens"; readonly digit: string }
  | { readonly kind: "repeat"; readonly times: number }
  /** Spoken between digits without ending the number. */
  | { readonly kind: "filler" };

/** Words for 0 to 9 in English, German, Spanish and French. */
const UNITS: readonly (readonly string[])[] = [
  ["zero", "oh", "o", "nought", "null", "cero", "zéro"],
  ["one", "eins", "uno", "una", "un", "une"],
  ["two", "zwei", "zwo", "dos", "deux"],
  ["three", "drei", "tres", "trois"],
  ["four", "vier", "cuatro", "quatre"],
  ["five", "fünf", "cinco", "cinq"],
  ["six", "sechs", "seis"],
  ["seven", "sieben", "siete", "sept"],
  ["eight", "acht", "ocho", "huit"],
  ["nine", "neun", "nueve", "neuf"],
];

const TENS: readonly (readonly string[])[] = [
  ["twenty", "zwanzig", "veinte", "vingt"],
  ["thirty", "dreißig", "treinta", "trente"],
  ["forty", "fourty", "vierzig", "cuarenta", "quarante"],
  ["fifty", "fünfzig", "cincuenta", "cinquante"],
  ["sixty", "sechzig", "sesenta", "soixante"],
  ["seventy", "siebzig", "setenta"],
  ["eighty", "achtzig", "ochenta"],
  ["ninety", "neunzig", "noventa"],
];

const TEENS: readonly (readonly string[])[] = [
  ["ten", "zehn", "diez", "dix"],
  ["eleven", "elf", "onze"],
  ["twelve", "zwölf", "doce", "douze"],
  ["thirteen", "dreizehn", "trece", "treize"],
  ["fourteen", "vierzehn", "catorce", "quatorze"],
  ["fifteen", "fünfzehn", "quince", "quinze"],
  ["sixteen", "sechzehn", "seize"],
  ["seventeen", "siebzehn"],
  ["eighteen", "achtzehn"],
  ["nineteen", "neunzehn"],
];

const FILLERS = "and und y et dash hyphen space plus area code um uh er äh".split(" ");

const WORDS: ReadonlyMap<string, SpokenDigits> = new Map<string, SpokenDigits>([
  ...UNITS.flatMap((words, unit) => words.map((word) => [word, digits(String(unit), true)] as const)),
  ...TEENS.flatMap((words, index) => words.map((word) => [word, digits(String(10 + index), false)] as const)),
  ...TENS.flatMap((words, index) =>
    words.map((word) => [word, { kind: "tens", digit: String(2 + index) }] as const)
  ),
  ["hundred", digits("00", false)],
  ["thousand", digits("000", false)],
  ["double", { kind: "repeat", times: 2 }],
  ["triple", { kind: "repeat", times: 3 }],
  ...FILLERS.map((word) => [word, { kind: "filler" }] as const),
]);

/** Meaning of `word` within a number read aloud; undefined for a word that ends the number. */
export function spokenDigits(word: string): SpokenDigits | undefined {
  return WORDS.get(word.toLowerCase());
}

function digits(text: string, isUnit: boolean): SpokenDigits {
  return { kind: "digits", digits: text, isUnit };
}
