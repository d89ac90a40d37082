import type { TextItem } from "./pdf_text.ts";

/** A piece further from the one before than so many times the size of the type is not of the same words. */
const WORDS_GAP = 1.6;
/** Pieces whose baselines differ by more than so many times the size of the type are of two lines. */
const LINE_SHIFT = 0.5;
/** An accent, which is drawn before its letter where a line is drawn from the left. */
const MARK = /^\p{M}+$/u;
/** A number at the end of a sentence that goes to the left. */
const SENTENCE_END = /^([.,:;!?]+)(\d.*)$/;

/**
 * Pieces of a page in the order in which they are read, also where right-to-left text was drawn letter by
 * letter from the left, as browsers print it: such words become one piece. All else stays as it is.
 */
export function inReadingOrder(items: readonly TextItem[]): readonly TextItem[] {
  if (!items.some(({ dir }) => dir === "rtl")) return items;
  const ordered: TextItem[] = [];
  let drawn: TextItem[] = [];
  const end = () => {
    ordered.push(...isFromLeft(drawn) ? [turned(drawn)] : drawn);
    drawn = [];
  };
  for (const item of items) {
    const last = drawn.at(-1);
    if (last !== undefined && !goesOn(last, item)) end();
    drawn.push(item);
    if (item.hasEOL) end();
  }
  end();
  return ordered;
}

/** Whether a piece is drawn right behind another, on its line. */
function goesOn(before: TextItem, item: TextItem): boolean {
  const size = Math.hypot(before.transform[2], before.transform[3]) || 1;
  const gap = item.transform[4] - (before.transform[4] + before.width);
  return Math.abs(gap) < WORDS_GAP * size &&
    Math.abs(item.transform[5] - before.transform[5]) < LINE_SHIFT * size;
}

/** Whether words were drawn from their end: right-to-left pieces, each further right than the one before. */
function isFromLeft(items: readonly TextItem[]): boolean {
  const places = items.filter(({ dir }) => dir === "rtl").map(({ transform }) => transform[4]);
  return places.length > 1 && places.every((place, index) => index === 0 || place > places[index - 1]);
}

/**
 * One piece of all, from the right, in which neighbouring numbers and words of other scripts keep their
 * order.
 */
function turned(items: readonly TextItem[]): TextItem {
  const units: string[] = [];
  let isForeign = false;
  for (const { str, dir } of items) {
    if (str.trim() === "" && MARK.test(units.at(-1) ?? "")) continue; // between an accent and its letter
    const wasForeign = isForeign;
    isForeign = dir !== "rtl" && /[\p{L}\p{N}]/u.test(str);
    if (isForeign && wasForeign) units[units.length - 1] += str;
    else units.push(isForeign ? str.replace(SENTENCE_END, "$2$1") : str);
  }
  const [first] = items;
  const left = first.transform[4];
  const right = Math.max(...items.map(({ transform, width }) => transform[4] + width));
  const { hasEOL } = items[items.length - 1];
  return { ...first, str: units.reverse().join(""), dir: "rtl", width: right - left, hasEOL };
}
