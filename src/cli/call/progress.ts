/** Tells how far things are on standard error: one line that is rewritten on a terminal, else a line now and then. */
export class ProgressLine {
  readonly #isTerminal = Deno.stderr.isTerminal();
  #shownMs = -Infinity;
  #last = "";

  /** Shows `text` unless another was shown a moment ago. */
  show(text: string): void {
    const nowMs = performance.now();
    const everyMs = this.#isTerminal ? 100 : 5000;
    if (text === this.#last || nowMs - this.#shownMs < everyMs) return;
    this.#shownMs = nowMs;
    this.#last = text;
    write(this.#isTerminal ? `\r\x1b[2K${text}` : `${text}\n`);
  }

  /** Clears the line for what comes next. */
  end(): void {
    if (this.#isTerminal && this.#last !== "") write("\r\x1b[2K");
  }
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
