/** What the numbering plan says of a number. */
export interface PlannedNumber {
  /** Digits of the country code, such as `49`; undefined when there is none. */
  readonly callingCode: string | undefined;
  /** ISO 3166 code; `+1` has many. Undefined for a number that no country's plan has. */
  readonly country: string | undefined;
  /** It costs much more than a call to its country does, or belongs to no country: a favourite of fraud. */
  readonly isCostly: boolean;
}

/** Kinds of numbers, by libphonenumber's names, that whoever calls them pays extra for. */
const COSTLY_TYPES: readonly (string | undefined)[] = [
  "PREMIUM_RATE",
  "SHARED_COST",
  "PERSONAL_NUMBER",
  "PAGER",
];

/**
 * Prefixes that cost much, whether or not the metadata knows the number. Sources: ITU-T E.164 assigned
 * country codes (808 shared cost, 870 Inmarsat, 878 personal, 881 satellite, 882 and 883 networks, 888
 * relief, 979 premium), Ofcom's numbering plan (+44 70, 84, 87, 9), NANPA (900, and 976 as an exchange),
 * Bundesnetzagentur (+49 900, 180, 137), Arcep (+33 81, 82, 89).
 */
const COSTLY =
  /^\+(?:808|870|878|88[1238]|979|1900|1\d{3}976|44(?:70|84|87|9)|49(?:900|180|137)|33(?:81|82|89))/;

/** Networks without a country: a prefix names them by these digits. */
const NO_COUNTRY = /^\+(?:808|870|878|88[1238]|979)/;

/**
 * Looks a number up. Loads libphonenumber's metadata, 5 MB, on first use: only servers that place calls need
 * it.
 */
export async function lookUpNumber(number: string): Promise<PlannedNumber> {
  const { parsePhoneNumberFromString } = await import("libphonenumber-js/max");
  const parsed = parsePhoneNumberFromString(number);
  return {
    callingCode: parsed?.countryCallingCode,
    country: parsed?.country,
    isCostly: COSTLY.test(number) || COSTLY_TYPES.includes(parsed?.getType()),
  };
}

/** The word by which a business lists the country of the number that it calls from. */
export const OWN_COUNTRY = "own country";

/** Digits that a prefix must have after the country code to stand for numbers that cost much. */
const EXPLICIT_DIGITS = 2;

/**
 * Why a business may not call a number; undefined where it may. Numbers that cost much must be listed by a
 * prefix of their own: that of their network, or one with at least two digits after the country code.
 *
 * @param listed prefixes in E.164, and {@link OWN_COUNTRY}
 */
export async function callProblem(
  from: string,
  to: string,
  listed: readonly string[],
): Promise<"not_listed" | "costly" | undefined> {
  const called = await lookUpNumber(to);
  const prefixes = listed.filter((prefix) => to.startsWith(prefix));
  if (called.isCostly) {
    const code = NO_COUNTRY.exec(to)?.[0] ?? `+${called.callingCode ?? ""}${"0".repeat(EXPLICIT_DIGITS)}`;
    return prefixes.some((prefix) => prefix.length >= code.length) ? undefined : "costly";
  }
  if (prefixes.length > 0) return undefined;
  if (!listed.includes(OWN_COUNTRY)) return "not_listed";
  const { callingCode, country } = await lookUpNumber(from);
  const isOwn = called.callingCode !== undefined && called.callingCode === callingCode &&
    called.country === country;
  return isOwn ? undefined : "not_listed";
}
