import type { PlacedProblem } from "./problem.ts";

/** The value of an environment variable; undefined when it is not set. */
export type SecretLookup = (name: string) => string | undefined;

const REFERENCE = /\$\{([^}]*)\}?/g;
/**
 * A business file can use no variable of another name: otherwise it could send the program's own keys to a
 * server of its choice. The permission to read the environment is limited in the same way.
 */
const WHOLE_REFERENCE = /^\$\{BUSINESS_[A-Z0-9_]{1,100}\}$/;

/** Fills the secrets of a file, and collects their problems, which name variables and never values. */
export class SecretFiller {
  readonly problems: PlacedProblem[] = [];
  readonly #lookup: SecretLookup;

  constructor(lookup: SecretLookup) {
    this.#lookup = lookup;
  }

  /**
   * Replaces each `${BUSINESS_NAME}` in `text` by the value of that variable. An empty value counts as not
   * set.
   * @param keys where the text stands
   */
  fill(text: string, keys: readonly unknown[]): string {
    let problem: string | undefined;
    const filled = text.replace(REFERENCE, (reference, name: string) => {
      if (!WHOLE_REFERENCE.test(reference)) {
        problem ??= "must name a secret as ${BUSINESS_NAME}, in capitals, digits and _";
        return "";
      }
      const value = this.#lookup(name);
      if (!value) problem ??= `needs the variable ${name}, which is not set`;
      return value ?? "";
    });
    if (problem === undefined) return filled;
    this.problems.push({ keys, problem });
    return "";
  }

  /** Fills an HTTP header's value. A value that is not allowed there would make each request fail. */
  fillHeader(text: string, keys: readonly unknown[]): string {
    const value = this.fill(text, keys);
    if (/^[\t\x20-\x7e]*$/.test(value)) return value;
    this.problems.push({ keys, problem: "must be one line of plain ASCII, also with its secrets filled in" });
    return "";
  }

  /** A copy of JSON with every text in it filled. */
  fillAll<Json>(json: Json, keys: readonly unknown[]): Json {
    return this.#walk(json, keys) as Json;
  }

  #walk(json: unknown, keys: readonly unknown[]): unknown {
    if (typeof json === "string") return this.fill(json, keys);
    if (Array.isArray(json)) return json.map((item, index) => this.#walk(item, [...keys, index]));
    if (typeof json !== "object" || json === null) return json;
    return Object.fromEntries(
      Object.entries(json).map(([key, value]) => [key, this.#walk(value, [...keys, key])]),
    );
  }
}
