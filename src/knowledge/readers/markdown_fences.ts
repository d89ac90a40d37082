/** Marks that begin or end a block, and what follows them: behind backticks, nothing with another one. */
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$/;

/** Tells which lines of a Markdown text are in fenced blocks of code. Source: CommonMark 0.31, 4.5. */
export class MarkdownFences {
  /** The mark that began the block. */
  #open: string | undefined;

  /** Whether the next line of the text is of a block, its fences included. Takes each line in turn. */
  take(line: string): boolean {
    const [, mark, info = ""] = FENCE.exec(line) ?? [];
    if (this.#open === undefined) {
      this.#open = mark;
      return mark !== undefined;
    }
    if (mark?.startsWith(this.#open) && info.trim() === "") this.#open = undefined;
    return true;
  }
}
