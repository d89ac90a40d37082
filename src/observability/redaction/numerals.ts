import { type Language, LANGUAGES } from "./spoken_languages.ts";

/**
 * What a number word is. `unit` 1 to 9 and 0; `teen` nothing can be added to; `tens` takes a unit; `hundreds`
 * takes what is below 100; `hundred` and `thousand` multiply what is before them; `repeat` doubles or trebles
 * the digit behind it.
 */
export interface Numeral {
  readonly kind: "unit" | "teen" | "tens" | "hundreds" | "hundred" | "thousand" | "repeat";
  readonly value: number;
}

const UNITS: Readonly<Record<Language, string>> = {
  en: "zero,oh,o,nought,naught|one|two|three|four|five|six|seven|eight|nine",
  de: "null|eins,ein|zwei,zwo|drei|vier|fünf|sechs|sieben|acht|neun",
  es: "cero|uno,un,una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve",
  fr: "zéro,zero|un,une|deux|trois|quatre|cinq|six|sept|huit|neuf",
  it: "zero|uno,un,una|due|tre|quattro|cinque|sei|sette|otto|nove",
  pt: "zero|um,uma|dois,duas|três,tres|quatro|cinco|seis,meia|sete|oito|nove",
};
const TEENS: Readonly<Record<Language, string>> = {
  en: "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen",
  de: "zehn|elf|zwölf|dreizehn|vierzehn|fünfzehn|sechzehn|siebzehn|achtzehn|neunzehn",
  es: "diez|once|doce|trece|catorce|quince|dieciséis,dieciseis|diecisiete|dieciocho|diecinueve",
  fr: "|onze|douze|treize|quatorze|quinze|seize",
  it: "dieci|undici|dodici|tredici|quattordici|quindici|sedici|diciassette|diciotto|diciannove",
  pt:
    "dez|onze|doze|treze|catorze,quatorze|quinze|dezasseis,dezesseis|dezassete,dezessete|dezoito|dezanove,dezenove",
};
const TENS: Readonly<Record<Language, string>> = {
  en: "twenty|thirty|forty,fourty|fifty|sixty|seventy|eighty|ninety",
  de: "zwanzig|dreißig,dreissig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig",
  es: "veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa",
  fr: "vingt,vingts|trente|quarante|cinquante|soixante|septante|huitante,octante|nonante",
  it: "venti|trenta|quaranta|cinquanta|sessanta|settanta|ottanta|novanta",
  pt: "vinte|trinta|quarenta|cinquenta|sessenta|setenta|oitenta|noventa",
};
const HUNDREDS: Readonly<Record<Language, string>> = {
  en: "",
  de: "",
  es:
    "ciento,cien|doscientos,doscientas|trescientos,trescientas|cuatrocientos,cuatrocientas|quinientos,quinientas|seiscientos,seiscientas|setecientos,setecientas|ochocientos,ochocientas|novecientos,novecientas",
  fr: "",
  it: "",
  pt:
    "cento,cem|duzentos,duzentas|trezentos,trezentas|quatrocentos,quatrocentas|quinhentos,quinhentas|seiscentos,seiscentas|setecentos,setecentas|oitocentos,oitocentas|novecentos,novecentas",
};
const HUNDRED: Readonly<Record<Language, string>> = {
  en: "hundred",
  de: "hundert",
  es: "",
  fr: "cent,cents",
  it: "cento",
  pt: "",
};
const THOUSAND: Readonly<Record<Language, string>> = {
  en: "thousand",
  de: "tausend",
  es: "mil",
  fr: "mille",
  it: "mille,mila",
  pt: "mil",
};
const REPEATS: Readonly<Record<Language, string>> = {
  en: "double|triple,treble",
  de: "doppel,doppelt,doppelte|dreifach,dreifache",
  es: "doble|triple",
  fr: "double|triple",
  it: "doppio,doppia,doppi|triplo,tripla",
  pt: "duplo,dobro|triplo",
};

/**
 * Words that are a number in one language and something else in another: they count in their own language
 * alone.
 */
const ONLY_AT_HOME = new Set(
  "o oh un una uno une um uma ein a once due sei seize elf null cent cents cento mil mille six dos tres sept tre nove meia doppelt double triple"
    .split(" "),
);

const BY_LANGUAGE = new Map(LANGUAGES.map((language) => [language, wordsOf(language)] as const));
const ANYWHERE = new Map<string, Numeral>();
for (const words of BY_LANGUAGE.values()) {
  for (const [word, numeral] of words) if (!ONLY_AT_HOME.has(word)) ANYWHERE.set(word, numeral);
}
for (const word of ["null", "six"]) ANYWHERE.set(word, { kind: "unit", value: word === "six" ? 6 : 0 });

/** The number that a word (in lower case) stands for in a text of `language`; undefined for another word. */
export function numeralOf(word: string, language: Language): Numeral | undefined {
  return BY_LANGUAGE.get(language)?.get(word) ?? ANYWHERE.get(word) ?? compoundOf(word);
}

/** The longest word that can be a compound: `neunhundertneunundneunzigtausend…`. */
const MAX_COMPOUND_CHARS = 60;

/** German and Italian write a number below a million as one word. */
function compoundOf(word: string): Numeral | undefined {
  if (word.length < 7 || word.length > MAX_COMPOUND_CHARS) return undefined;
  const value = word.includes("hundert") || word.includes("tausend")
    ? germanValue(word)
    : /cento|mila|mille/.test(word)
    ? italianValue(word)
    : undefined;
  if (value === undefined) return undefined;
  return { kind: value % 100 === 0 && value < 1_000 ? "hundreds" : "teen", value };
}

function germanValue(word: string): number | undefined {
  return splitValue(
    word.replaceAll("ss", "ß"),
    "tausend",
    1_000,
    (part) =>
      splitValue(part, "hundert", 100, (rest) => {
        const known = BY_LANGUAGE.get("de")?.get(rest.replace(/^und(?!$)/, ""));
        return known && known.value < 100 ? known.value : undefined;
      }),
  );
}

function italianValue(word: string): number | undefined {
  const marked = word.replace(/mila|mille/, "tausend");
  return splitValue(marked, "tausend", 1_000, (part) =>
    splitValue(part, "cento", 100, (rest) => {
      const known = BY_LANGUAGE.get("it")?.get(rest);
      return known && known.value < 100 ? known.value : undefined;
    }));
}

/** `[left]MARK[right]`: left times `factor`, plus right. */
function splitValue(
  word: string,
  mark: string,
  factor: number,
  below: (part: string) => number | undefined,
): number | undefined {
  const at = word.indexOf(mark);
  if (at < 0) return below(word);
  const [left, right] = [word.slice(0, at), word.slice(at + mark.length)];
  const times = left === "" ? 1 : below(left);
  const rest = right === "" ? 0 : below(right.replace(/^und/, ""));
  return times === undefined || rest === undefined ? undefined : times * factor + rest;
}

function wordsOf(language: Language): Map<string, Numeral> {
  const words = new Map<string, Numeral>();
  const add = (list: string, kind: Numeral["kind"], value: (index: number) => number) => {
    list.split("|").forEach((same, index) => {
      for (const word of same.split(",")) if (word !== "") words.set(word, { kind, value: value(index) });
    });
  };
  add(HUNDRED[language], "hundred", () => 100);
  add(THOUSAND[language], "thousand", () => 1_000);
  add(REPEATS[language], "repeat", (index) => index + 2);
  add(HUNDREDS[language], "hundreds", (index) => (index + 1) * 100);
  add(TENS[language], "tens", (index) => (index + 2) * 10);
  add(TEENS[language], "teen", (index) => index + 10);
  if (language === "fr") words.set("dix", { kind: "tens", value: 10 }); // dix-sept
  if (language === "de") germanCompounds(words);
  if (language === "es") spanishTwenties(words);
  if (language === "it") italianCompounds(words);
  add(UNITS[language], "unit", (index) => index);
  return words;
}

/** einundzwanzig to neunundneunzig */
function germanCompounds(words: Map<string, Numeral>): void {
  const units = "ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun".split("|");
  TENS.de.split("|").forEach((same, tens) => {
    for (const word of same.split(",")) {
      units.forEach((unit, index) =>
        words.set(`${unit}und${word}`, { kind: "teen", value: (tens + 2) * 10 + index + 1 })
      );
    }
  });
}

function spanishTwenties(words: Map<string, Numeral>): void {
  const units =
    "veintiuno,veintiún,veintiun,veintiuna|veintidós,veintidos|veintitrés,veintitres|veinticuatro|veinticinco|veintiséis,veintiseis|veintisiete|veintiocho|veintinueve";
  units.split("|").forEach((same, index) => {
    for (const word of same.split(",")) words.set(word, { kind: "teen", value: 21 + index });
  });
}

/** ventuno to novantanove; the vowel goes before uno and otto. */
function italianCompounds(words: Map<string, Numeral>): void {
  TENS.it.split("|").forEach((word, tens) => {
    UNITS.it.split("|").forEach((same, unit) => {
      if (unit === 0) return;
      const [first] = same.split(",");
      const stem = unit === 1 || unit === 8 ? word.slice(0, -1) : word;
      for (const written of unit === 3 ? [`${stem}tre`, `${stem}tré`] : [stem + first]) {
        words.set(written, { kind: "teen", value: (tens + 2) * 10 + unit });
      }
    });
  });
}
