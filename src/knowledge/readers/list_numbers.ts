const ROMAN: readonly (readonly [number, string])[] = [
  [1000, "m"],
  [900, "cm"],
  [500, "d"],
  [400, "cd"],
  [100, "c"],
  [90, "xc"],
  [50, "l"],
  [40, "xl"],
  [10, "x"],
  [9, "ix"],
  [5, "v"],
  [4, "iv"],
  [1, "i"],
];
/** Beyond these, letters and Roman numerals are written as figures. */
const MAX_ROMAN = 3_999, LETTERS = 26;

/**
 * The number of an item of a list as the list writes it.
 *
 * @param form as in Word: `decimal`, `decimalZero`, `lowerLetter`, `upperRoman` …; others are written as
 *   figures
 */
export function listNumber(number: number, form: string): string {
  const isUpper = form.startsWith("upper");
  let text = String(number);
  if (/Letter$/.test(form) && number >= 1 && number <= LETTERS) text = String.fromCharCode(96 + number);
  else if (/Roman$/.test(form) && number >= 1 && number <= MAX_ROMAN) {
    text = "";
    let rest = number;
    for (const [value, sign] of ROMAN) {
      for (; rest >= value; rest -= value) text += sign;
    }
  } else if (form === "decimalZero" && number < 10) text = `0${number}`;
  return isUpper ? text.toUpperCase() : text;
}
