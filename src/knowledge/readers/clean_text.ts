/** Sub- and superscripts that Unicode has, each in the order of {@link PLAIN}. */
const PLAIN = "0123456789+-=()";
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾";
const LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎";

/**
 * Says nothing by itself: soft hyphens, zero-width spaces, joiners of words, byte order marks. Joiners of
 * letters stay.
 */
const INVISIBLE = /[\u00ad\u200b\u2060\ufeff]/g;
/**
 * Presentation forms of Latin ligatures, Hebrew and Arabic: pictures of letters, which nobody types into a
 * question.
 */
const PRESENTATION = /[\ufb00-\ufb4f\ufb50-\ufdfd\ufe70-\ufefc]+/g;
/** No letter of anybody: control characters, private use, replacements, non-characters, halves of pairs. */
const GARBAGE = /(?![\t\n])[\p{Cc}\p{Co}\p{Cn}\p{Cs}\ufffd]/gu;
/** From this share on, what remains without the garbage is a guess. */
const MAX_GARBAGE_SHARE = 0.1;

/** Text as people type it: composed, without what is invisible, ligatures as letters. */
export function cleanText(text: string): string {
  const visible = text.replace(INVISIBLE, "").replace(PRESENTATION, (forms) => forms.normalize("NFKC"));
  return visible.replace(GARBAGE, "").normalize("NFC");
}

/** Whether so much of a text is no letter of anybody that the rest is not to be trusted either. */
export function isGarbage(text: string): boolean {
  const bad = text.match(GARBAGE)?.length ?? 0;
  return bad > 0 && bad >= text.replace(/\s/g, "").length * MAX_GARBAGE_SHARE;
}

/**
 * Raised digits and signs as characters of their own, since `m2` and `10` for a square and a footnote are
 * other facts. Letters that refer to notes or allergens, such as `a,c`, go into brackets, and not to the end
 * of the word; those of `1st` and `n°` belong to it.
 */
export function raised(text: string): string {
  const marks = text.trim();
  if (LETTER_MARKS.test(marks) && !ORDINAL.test(marks)) return ` (${marks})`;
  return marks.split(/([,; ]+)/).map((part) => inForm(part, RAISED)).join("");
}

/** One letter, or several with separators, digits among them. */
const LETTER_MARKS = /^(?=.*\p{L})[\p{L}\d](?:[,; ]+[\p{L}\d]{1,2})*$/u;
/** Of "2e", "1a planta", "no", "Mr". */
const ORDINAL = /^[aeor\u00aa\u00ba]$/;

/** Like {@link raised}, for `H₂O`. */
export function lowered(text: string): string {
  return inForm(text, LOWERED);
}

function inForm(text: string, form: string): string {
  const characters = [...text.trim()];
  if (!characters.every((character) => PLAIN.includes(character))) return text;
  return characters.map((character) => form[PLAIN.indexOf(character)]).join("");
}
