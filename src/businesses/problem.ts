/** A mistake in the description of a business. */
export interface BusinessProblem {
  /** Name of the file or document. */
  readonly file: string;
  /** Where inside it, such as `transfers[0].number`; empty: all of it. */
  readonly path: string;
  /**
   * What is wrong and what is wanted, to be read after the path. Never repeats a value: it could be a secret.
   */
  readonly problem: string;
}

/** A problem as a line, such as `acme.json: numbers[0] must be …`. */
export function problemLine({ file, path, problem }: BusinessProblem): string {
  return `${file}: ${path ? `${path} ` : ""}${problem}`;
}

/** The path of nested keys: `["transfers", 0, "number"]` is `transfers[0].number`. */
export function pathText(keys: readonly unknown[]): string {
  return keys.map((key, index) =>
    typeof key === "number"
      ? `[${key}]`
      : /^[\w$-]+$/.test(String(key))
      ? `${index > 0 ? "." : ""}${key}`
      : `[${JSON.stringify(key)}]`
  ).join("");
}

/** A problem by the keys that lead to it inside a description. */
export interface PlacedProblem {
  readonly keys: readonly unknown[];
  readonly problem: string;
}
