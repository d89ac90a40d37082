import type { NumberGroup } from "./number_groups.ts";
import type { TextContext } from "./text_context.ts";

/** Shortest number with a trunk prefix that is taken for one by its form alone. */
const MIN_TRUNK_DIGITS = 8;
/** How numbers without a trunk prefix are written in groups, by country. */
const GROUPED: Readonly<Record<string, RegExp>> = {
  US: /^(?:10|3,3,4|3,7|1,3,3,4|11|6,4)$/,
  ES: /^(?:9|3,3,3|3,2,2,2|2,3,2,2|2,7|3,6|2,3,4|1,2,2,2,2|3,2,4|3,4,2)$/,
  PT: /^(?:9|3,3,3|2,3,4|2,3,2,2|3,2,2,2|2,7|3,6|2,2,2,3|1,2,2,2,2|2,2,2,2,1)$/,
  BR: /^(?:11|10|2,5,4|2,4,4|2,9|2,8|2,1,4,4|3,5,4|3,4,4)$/,
  IT: /^(?:10|9|3,7|3,6|3,3,4|3,3,3|3,4,3|3,2,2,3|3,3,2,2|3,2,2,2,1|3,2,2,2|2,2,2,2,2)$/,
  MX: /^(?:10|2,4,4|3,3,4|2,8|3,7|2,2,2,2,2)$/,
  CO: /^(?:10|3,3,4|3,7)$/,
  CL: /^(?:9|1,4,4)$/,
  AR: /^(?:10|2,4,4|3,3,4)$/,
  FR: /^$/,
};

/**
 * Whether groups of digits are a telephone number by their form: with a country code, or by a plan of the
 * countries of the talk, as it is written or read out there.
 * @param isTold something says that it is one, so that only the plan counts
 */
export function isConfident(
  text: string,
  part: readonly NumberGroup[],
  { plans, countries, language }: TextContext,
  isTold: boolean,
): boolean {
  const digits = part.map((group) => group.digits).join("");
  const written = text.slice(part[0].start, part[part.length - 1].end);
  if (part[0].hasPlus || text[part[0].start - 1] === "+") return isAbroad(plans, digits);
  if (digits.startsWith("00")) return isAbroad(plans, digits.slice(2));
  const isSpoken = part.every((group) => group.isSpoken);
  if (language === "en" && /^\d{3}-\d{4}$/.test(written)) return true;
  if (isSpoken && part.length >= 7 && part.every((group) => group.digits.length === 1)) {
    return !isCount(digits) && (digits.length === 7 || plans === undefined || fits(digits));
  }
  return fits(digits);

  function fits(digits: string): boolean {
    if (!plans) return digits.length >= 8;
    return countries.some((country) => {
      const fit = plans.fit(digits, country);
      if (fit === undefined) return false;
      if (fit === "trunk" && digits.startsWith("0")) {
        return digits.length >= MIN_TRUNK_DIGITS && isTrunkForm(part, isTold);
      }
      const grouped = GROUPED[country];
      if (!grouped) return false;
      if (isSpoken) return isTold || !hasBig(part);
      if (!isTold && part.some((group, at) => at > 0 && group.gap !== "tight")) return false;
      return grouped.test(part.map((group) => group.digits.length).join());
    });
  }
}

function isAbroad(plans: TextContext["plans"], digits: string): boolean {
  if (!plans) return digits.length >= 8;
  return plans.isInternational(digits) || plans.isInternational(digits.replace(/^(\d{2})0/, "$1"));
}

/** A list of numbers that begins with a nought is none: 0, 100, 2000. */
function isTrunkForm(part: readonly NumberGroup[], isTold: boolean): boolean {
  return isTold || part[0].isSpoken || part[0].digits.length > 1 || part[1]?.gap === "tight";
}

/** One, two, three, four: somebody counts. */
function isCount(digits: string): boolean {
  return [...digits].every((digit, index) =>
    index === 0 || (Number(digits[index - 1]) + 1) % 10 === Number(digit)
  );
}

/** 1,250 is said of things, not of telephone numbers. */
function hasBig(part: readonly NumberGroup[]): boolean {
  return part.some((group) => group.digits.length > 3);
}
