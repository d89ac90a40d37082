/** Something that is wrong with the description of a business. */
export interface BusinessProblem {
  /** Name of the file, or of whatever else describes the business. */
  readonly file: string;
  /** Where inside it, such as `transfers[0].number`; empty: the whole. */
  readonly path: string;
  /** What is wrong and what is wanted, to be read after the path. Never repeats a value, which could be a secret. */
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
