import { keptLoad } from "../../util/kept_load.ts";
import type { Language } from "./spoken_languages.ts";

/** Where each language is mostly spoken at the telephone, by ISO 3166. */
const COUNTRIES: Readonly<Record<Language, readonly string[]>> = {
  en: ["US", "GB", "IE", "AU", "NZ"],
  de: ["DE", "AT", "CH"],
  es: ["ES", "MX", "CO", "AR", "CL"],
  fr: ["FR", "BE", "CH", "LU", "US"],
  it: ["IT", "CH"],
  pt: ["PT", "BR"],
};

/** One country's plan, of `libphonenumber-js`'s metadata. */
interface Plan {
  readonly national: RegExp;
  /** What goes before the number within the country; undefined for nothing. */
  readonly trunk: string | undefined;
}

/** How digits fit a plan: with the country's trunk prefix before them, or as they stand. */
export type PlanFit = "trunk" | "plain" | undefined;

/** Places in an entry of the metadata, version 4. */
const PATTERN = 2, TRUNK = 5;
const METADATA_VERSION = 4;

/** The numbering plans of all countries. Patterns are compiled when they are first asked for. */
export class NumberPlans {
  readonly #countries: Readonly<Record<string, readonly unknown[]>>;
  readonly #codes: Readonly<Record<string, readonly string[]>>;
  readonly #plans = new Map<string, Plan | undefined>();

  private constructor(
    countries: Record<string, readonly unknown[]>,
    codes: Record<string, readonly string[]>,
  ) {
    this.#countries = countries;
    this.#codes = codes;
  }

  /** Loads `libphonenumber-js`'s smallest metadata: 0.5 MB of heap. */
  static async load(): Promise<NumberPlans> {
    const { default: metadata } = await import("libphonenumber-js/metadata.min");
    const { version, countries, country_calling_codes: codes }: {
      version: number;
      countries: Record<string, readonly unknown[]>;
      country_calling_codes: Record<string, readonly string[]>;
    } = metadata;
    if (version !== METADATA_VERSION) {
      throw new Error(`The metadata has version ${version}, not ${METADATA_VERSION}.`);
    }
    return new NumberPlans(countries, codes);
  }

  /** How digits fit the plan of a country. */
  fit(digits: string, country: string): PlanFit {
    const plan = this.#plan(country);
    if (!plan) return undefined;
    if (plan.trunk && digits.startsWith(plan.trunk) && plan.national.test(digits.slice(plan.trunk.length))) {
      return "trunk";
    }
    if (plan.national.test(digits)) return country === "IT" && digits.startsWith("0") ? "trunk" : "plain";
    return undefined;
  }

  /** Whether digits begin with a country's code, and what follows is a number there. */
  isInternational(digits: string): boolean {
    for (let length = 1; length <= 3; length++) {
      const countries = this.#codes[digits.slice(0, length)];
      if (!countries) continue;
      const rest = digits.slice(length);
      // +49 (0)30 …
      return countries.some((country) => this.fit(rest, country) !== undefined);
    }
    return false;
  }

  /** The country of a number in E.164; of a code that several share, the first. */
  countryOf(number: string): string | undefined {
    if (!number.startsWith("+")) return undefined;
    for (let length = 1; length <= 3; length++) {
      const countries = this.#codes[number.slice(1, 1 + length)];
      if (countries) return countries[0];
    }
    return undefined;
  }

  #plan(country: string): Plan | undefined {
    if (!this.#plans.has(country)) this.#plans.set(country, planOf(this.#countries[country]));
    return this.#plans.get(country);
  }
}

function planOf(entry: readonly unknown[] | undefined): Plan | undefined {
  if (!entry) return undefined;
  return {
    national: new RegExp(`^(?:${entry[PATTERN]})$`),
    trunk: typeof entry[TRUNK] === "string" ? entry[TRUNK] : undefined,
  };
}

/** The countries whose numbers are looked for in a talk: those of its language, and its own. */
export function countriesOf(language: Language, own: readonly string[]): readonly string[] {
  return [...new Set([...own, ...COUNTRIES[language]])];
}

/** The plans, loaded on first use and kept. */
export const numberPlans: () => Promise<NumberPlans> = keptLoad(() => NumberPlans.load());
