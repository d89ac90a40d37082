/** The headings above the place that a reader has come to. */
export class Headings {
  readonly #path: { readonly level: number; readonly text: string }[] = [];

  /** A heading of `level` (1 is the outermost) ends all of its level and below. */
  enter(level: number, text: string): void {
    while (this.#path.length > 0 && this.#path[this.#path.length - 1].level >= level) this.#path.pop();
    if (text !== "") this.#path.push({ level, text });
  }

  /** Outermost first. */
  toString(): string {
    return this.#path.map(({ text }) => text).join(" > ");
  }
}
