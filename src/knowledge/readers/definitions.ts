/**
 * What stands before each part of a list of definitions, so that all terms and values of one entry are in one
 * line: `Monday, Tuesday: 8–12; 15–18`.
 */
export class Definitions {
  /** What ended right before, or is read and has had no parts of its own so far. */
  #at: "term" | "value" | "within value" | undefined;

  /**
   * An element begins.
   *
   * @param isPart whether it begins a line or a paragraph
   * @returns what stands before it; undefined where that is for others to say
   */
  enter(name: string, isPart: boolean): ", " | ": " | "; " | undefined {
    const before = this.#at;
    if (isPart || before !== "within value") this.#at = name === "dd" ? "within value" : undefined;
    if (name === "dt") return before === "term" ? ", " : undefined;
    if (name === "dd") return before === "term" ? ": " : before === "value" ? "; " : undefined;
    return undefined;
  }

  /** An element ends. */
  leave(name: string): void {
    if (name === "dt") this.#at = "term";
    else if (name === "dd") this.#at = this.#at === "within value" ? "value" : undefined;
  }
}
