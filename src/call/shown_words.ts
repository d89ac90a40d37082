import { PERSONAL_KINDS, redactText } from "../observability/redaction/redact_text.ts";

/** Longest text shown of a turn, in characters. */
export const MAX_SHOWN_CHARS = 120;
/** Only this much of the end is masked: what begins earlier cannot reach into the part that is shown. */
const LOOKED_AT = 4 * MAX_SHOWN_CHARS;

/** What is shown of the latest turn. Masking takes some 50 µs, so an unchanged text is not masked again. */
export class ShownWords {
  #text = "";
  #shown = "";

  /**
   * The end of a turn's text, from a word on, with personal data masked.
   * @param namesSoFar names to mask, asked for when the text has changed
   */
  masked(text: string, namesSoFar: () => readonly string[] = () => []): string {
    if (text === this.#text) return this.#shown;
    this.#text = text;
    return this.#shown = shown(text, namesSoFar());
  }
}

function shown(text: string, names: readonly string[]): string {
  const masked = redactText(text.slice(-LOOKED_AT), { kinds: PERSONAL_KINDS, names });
  if (masked.length <= MAX_SHOWN_CHARS && text.length <= LOOKED_AT) return masked;
  return `…${masked.slice(1 - MAX_SHOWN_CHARS).replace(/^(?:\S*\s+|[\uDC00-\uDFFF])/, "")}`;
}
