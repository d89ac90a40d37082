/** The check digit of card numbers: ISO/IEC 7812-1, annex B. */
export function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** A number by ISO/IEC 7064, mod 97-10, as IBAN uses it: letters count from 10 on. */
function mod97(text: string): number {
  let rest = 0;
  for (const char of text) {
    const value = parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

/** ISO 13616: country, check digits, then up to 30 letters and digits. */
export function isIban(text: string): boolean {
  return /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text) && mod97(text.slice(4) + text.slice(0, 4)) === 1;
}

/** Areas 000 and 666, and groups of zeros, were never issued (Social Security Administration). */
export function isUsSocial(digits: string): boolean {
  return /^\d{9}$/.test(digits) && !/^(?:000|666)|^.{3}00|0000$/.test(digits);
}

/** A national number that holds together by its own check digits, whatever the country. */
export function isNationalId(code: string): boolean {
  return NATIONAL_IDS.some((isOne) => isOne(code));
}

const DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";

/** Those that are told from other numbers by their form, besides their check. */
const NATIONAL_IDS: readonly ((code: string) => boolean)[] = [
  // France: NIR, sex, year, month, department, and 97 minus the rest
  (code) => {
    const [, body, key] = /^([12]\d{12})(\d{2})$/.exec(code.replace("2A", "19").replace("2B", "18")) ?? [];
    return body !== undefined && /^[12]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)/.test(body) &&
      97 - mod97(body) === Number(key);
  },
  // Spain: DNI and NIE, 23 letters
  (code) => {
    const [, first, digits, letter] = /^([XYZ]?)(\d{7,8})([A-Z])$/.exec(code) ?? [];
    if (digits === undefined || digits.length !== (first ? 7 : 8)) return false;
    return DNI_LETTERS[Number((first ? "XYZ".indexOf(first) : "") + digits) % 23] === letter;
  },
  // Italy: codice fiscale
  (code) =>
    /^[A-Z]{6}[\dLMNPQRSTUV]{2}[ABCDEHLMPRST][\dLMNPQRSTUV]{2}[A-Z][\dLMNPQRSTUV]{3}[A-Z]$/.test(code) &&
    fiscalCheck(code) === code[15],
  // United Kingdom: National Insurance number
  (code) => /^(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]$/.test(code),
  // Germany: Versicherungsnummer, area, date of birth, letter, serial
  (code) => /^\d{2}(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[A-Z]\d{3}$/.test(code),
  // Switzerland: AHV number, an EAN-13 with 756 before it
  (code) => {
    if (!/^756\d{10}$/.test(code)) return false;
    const sum = [...code].reduce((sum, digit, index) => sum + Number(digit) * (index % 2 === 0 ? 1 : 3), 0);
    return sum % 10 === 0;
  },
];

/**
 * Brazil: CPF. Eleven digits hold together by chance once in a hundred: only its usual form, or a cue, makes
 * it one.
 */
export function isCpf(digits: string): boolean {
  if (!/^\d{11}$/.test(digits) || /^(\d)\1*$/.test(digits)) return false;
  return [9, 10].every((length) => {
    let sum = 0;
    for (let index = 0; index < length; index++) sum += Number(digits[index]) * (length + 1 - index);
    return (sum * 10) % 11 % 10 === Number(digits[length]);
  });
}

const FISCAL_ODD = [
  1,
  0,
  5,
  7,
  9,
  13,
  15,
  17,
  19,
  21,
  2,
  4,
  18,
  20,
  11,
  3,
  6,
  8,
  12,
  14,
  16,
  10,
  22,
  25,
  24,
  23,
];

/** The last letter of a codice fiscale (Decreto 23/12/1976). */
function fiscalCheck(code: string): string {
  let sum = 0;
  for (let index = 0; index < 15; index++) {
    const char = code.charCodeAt(index);
    const value = char < 65 ? char - 48 : char - 65;
    sum += index % 2 === 0 ? FISCAL_ODD[value] : value;
  }
  return String.fromCharCode(65 + sum % 26);
}
