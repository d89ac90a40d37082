/** Where a progress line is written. */
export interface ProgressOutput {
  isTerminal: boolean;
  write(text: string): void;
}

const STANDARD_ERROR: ProgressOutput = {
  isTerminal: Deno.stderr.isTerminal(),
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
    this.#output.write(this.#output.isTerminal ? `\r\x1b[2K${this.#shown}` : `${this.#shown}\n`);
  }
}
