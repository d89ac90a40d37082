import type { NumberGroup } from "./number_groups.ts";

/** Said or written behind an amount, a time or a measure, in any of the languages. */
const UNIT =
  /^[\s-]?(?:[€$£¥%°]|(?:eur|euros?|usd|dollars?|dólar(?:es)?|dollari|bucks|pounds?|pfund|quid|pence|livres?|libras?|sterline|franken|francs?|franchi|francos|reais|real|pesos?|cents?|centimes?|centesimi|c[eé]ntimos?|cêntimos?|percent|prozent|por ciento|pour ?cent|per ?cento|por cento|gr?amm?e?s?|gramos?|grammi|gramas?|kilos?|kg|quilos?|chili|km|[ck]?m|kilomet\p{L}*|quil[oó]met\p{L}*|chilomet\p{L}*|met(?:er|re)s?|metros?|mètres|metri|miles?|meilen|feet|foot|inch(?:es)?|square|degrees|grad|degrés|grados|gradi|graus|minut\p{L}*|min|hours?|stunden?|horas?|heures?|ore|uhr|o['’]clock|[ap]\.?m\b|h|people|persons?|persone\p{L}*|personas?|personnes?|pessoas?|guests|gästen?|adults?|adultos|erwachsene\p{L}*|kids|children|kinder|years?|jahren?|años?|ans|anni|anos?|days?|tagen?|días?|jours?|giorni|dias?|weeks?|wochen?|semanas?|semaines?|settimane|months?|monaten?|meses|mois|mesi|times|mal|veces|fois|volte|vezes|points?|stars|horsepower|ps|chevaux|caballos|cavalli|cavalos|litr\p{L}*|stück|piec\p{L}*)(?![\p{L}]))/iu;
const CURRENCY_BEFORE = /(?:[€$£¥]|(?<!\p{L})(?:eur|usd|gbp|chf))\s?$/iu;
/** Before a time of day, when an hour and minutes follow. */
const AT_TIME =
  /(?<!\p{L})(?:at|by|from|until|till|after|before|um|ab|bis|gegen|nach|vor|las|à|vers|alle|dalle|ore|verso|às|das|pelas)\s$/iu;

/** Most digits of an amount, and of one that stands in a list before the unit. */
const AMOUNT_DIGITS = 7, LISTED_DIGITS = 5;

/** `2026-11-22` and the like, `22.11.2026`, `11/22/2026`. */
const DATE = /(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?!\d|[-/.]\d)/g;

/** Which of the groups are in dates as they are written. */
export function writtenDates(text: string, groups: readonly NumberGroup[]): boolean[] {
  const is = groups.map(() => false);
  let at = 0;
  for (const { 0: date, index } of text.matchAll(DATE)) {
    while (at < groups.length && groups[at].start < index) at++;
    for (; at < groups.length && groups[at].end <= index + date.length; at++) is[at] = true;
  }
  return is;
}

/** Which of the groups are amounts, dates and times of day, by what stands at them. */
export function quantityGroups(text: string, groups: readonly NumberGroup[]): boolean[] {
  const is = groups.map(() => false);
  groups.forEach((group, at) => {
    const after = text.slice(group.end, group.end + 20);
    if (UNIT.test(after)) markAmounts(groups, at, is);
    if (CURRENCY_BEFORE.test(text.slice(Math.max(0, group.start - 5), group.start))) {
      is[at] = true;
      for (
        let next = at + 1;
        groups[next]?.gap === "tight" && /^[.,]$/.test(text.slice(groups[next - 1].end, groups[next].start));
        next++
      ) {
        is[next] = true;
      }
    }
    if (isDate(groups, at)) is.fill(true, at, at + 3);
    if (isTime(groups, at) && AT_TIME.test(text.slice(Math.max(0, group.start - 8), group.start))) {
      is.fill(true, at, at + 2);
    }
  });
  return is;
}

/** The amount that ends with the group at `last`, and those listed before it: 100, 250 and 300 grams. */
function markAmounts(groups: readonly NumberGroup[], last: number, is: boolean[]): void {
  let limit = AMOUNT_DIGITS;
  let end = last;
  while (end >= 0) {
    let begin = end;
    while (begin > 0 && groups[begin].gap === "tight") begin--;
    const item = groups.slice(begin, end + 1);
    const digits = item.reduce((sum, group) => sum + group.digits.length, 0);
    if (digits > limit || (item.length > 1 && item[0].digits.length > 1 && item[0].digits.startsWith("0"))) {
      is[last] = true;
      return;
    }
    is.fill(true, begin, end + 1);
    if (groups[begin].gap !== "comma") return;
    limit = LISTED_DIGITS;
    end = begin - 1;
  }
}

/** Day, month and year, in either order of the first two; or year, month and day. */
function isDate(groups: readonly NumberGroup[], at: number): boolean {
  const three = groups.slice(at, at + 3);
  if (three.length < 3 || three[1].gap === "break" || three[2].gap === "break") return false;
  if (three[1].gap === "turn" || three[2].gap === "turn" || groups[at].hasPlus) return false;
  const [a, b, c] = three.map(({ digits }) => digits);
  const isLast = !groups[at + 3] || groups[at + 3].gap !== "tight" || groups[at + 3].digits.length <= 2;
  const isFirst = groups[at].gap !== "tight";
  return isFirst && isLast &&
    (isDay(a) && isDay(b) && isMonthIn(a, b) && isYear(c) || isYear(a) && isDay(b) && isDay(c));
}

const isDay = (digits: string) => digits.length <= 2 && Number(digits) >= 1 && Number(digits) <= 31;
const isMonthIn = (a: string, b: string) => Number(a) <= 12 || Number(b) <= 12;
const isYear = (digits: string) => /^(?:19|20)\d\d$/.test(digits);

function isTime(groups: readonly NumberGroup[], at: number): boolean {
  const [hour, minute, next] = groups.slice(at, at + 3);
  if (!minute || minute.gap !== "tight" || next?.gap === "tight") return false;
  return hour.digits.length <= 2 && Number(hour.digits) <= 24 && minute.digits.length === 2 &&
    Number(minute.digits) < 60;
}
