import { escapeUnsafe } from "../observability/text_line.ts";
import { shorten } from "../util/cut_text.ts";
import { terminalStyle } from "../util/terminal_style.ts";

/** Where a progress line is written. */
export interface ProgressOutput {
  isTerminal: boolean;
  /** Characters of a terminal's line; undefined where they are not known. */
  readonly columns?: number;
  write(text: string): void;
}

const STANDARD_ERROR: ProgressOutput = {
  isTerminal: Deno.stderr.isTerminal(),
  get columns() {
    return terminalStyle(Deno.stderr).columns;
  },
  write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
};

/**
 * How often, at most, a line is rewritten on a terminal, or a new one is written elsewhere, in milliseconds.
 */
const EVERY_MS = { terminal: 100, elsewhere: 5_000 };

/**
 * Shows progress: one line that is rewritten on a terminal, else a line now and then. The last state is
 * always shown.
 */
export class ProgressLine {
  readonly #output: ProgressOutput;
  #shownMs = -Infinity;
  #last = "";
  #shown = "";

  constructor(output: ProgressOutput = STANDARD_ERROR) {
    this.#output = output;
  }

  /** Shows `text` unless another was shown a moment ago. */
  show(text: string): void {
    this.#last = text;
    const nowMs = performance.now();
    const everyMs = this.#output.isTerminal ? EVERY_MS.terminal : EVERY_MS.elsewhere;
    if (text === this.#shown || nowMs - this.#shownMs < everyMs) return;
    this.#shownMs = nowMs;
    this.#write();
  }

  /** Shows the last state, and begins a new line. */
  end(): void {
    if (this.#last !== this.#shown) this.#write();
    if (this.#output.isTerminal && this.#shown !== "") this.#output.write("\n");
  }

  #write(): void {
    this.#shown = this.#last;
    const text = escapeUnsafe(this.#shown);
    const { isTerminal, columns = Infinity } = this.#output;
    // A line that is broken cannot be cleared.
    this.#output.write(isTerminal ? `\r\x1b[2K${shorten(text, columns - 1)}` : `${text}\n`);
  }
}
