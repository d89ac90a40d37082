import { PERSONAL_KINDS, redactText } from "../observability/redaction/redact_text.ts";
import type { TalkEntry } from "../observability/reports/call_talk.ts";
import { namesIn } from "../records/redact_record.ts";
import type { TranscriptEntry } from "./journal/transcript_entry.ts";

/** Longest text shown of a turn, in characters. */
export const MAX_SHOWN_CHARS = 120;
/** Only this much of the end is masked: what begins earlier cannot reach into the part that is shown. */
const LOOKED_AT = 4 * MAX_SHOWN_CHARS;

/**
 * What is shown of a live call's talk: as it was said, or with personal data masked. Masking takes some 50 µs
 * a text, so an entry that has not changed is not masked again.
 */
export class ShownTalk {
  #masked = new WeakMap<TranscriptEntry, TalkEntry>();
  #names = "";

  /** @param isMasked whether personal data is replaced, and names where `masksNames` */
  entries(entries: readonly TranscriptEntry[], isMasked: boolean, masksNames: boolean): readonly TalkEntry[] {
    if (!isMasked) return entries;
    const names = masksNames ? namesIn(entries) : [];
    const known = names.join("\n");
    if (known !== this.#names) this.#masked = new WeakMap(); // a name may stand in earlier entries too
    this.#names = known;
    return entries.map((entry) => {
      const masked = this.#masked.get(entry) ?? maskedEntry(entry, names);
      this.#masked.set(entry, masked);
      return masked;
    });
  }
}

function maskedEntry(entry: TranscriptEntry, names: readonly string[]): TalkEntry {
  const mask = (text: string) => redactText(text, { kinds: PERSONAL_KINDS, names });
  switch (entry.kind) {
    case "user":
    case "assistant":
    case "note":
      return { ...entry, text: mask(entry.text) };
    case "tool":
      return { ...entry, arguments: mask(entry.arguments), output: mask(entry.output) };
    case "keys":
      return { ...entry, digits: mask(entry.digits) };
    default:
      return entry;
  }
}

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
    return this.#shown = endOf(text, namesSoFar());
  }
}

function endOf(text: string, names: readonly string[]): string {
  const masked = redactText(text.slice(-LOOKED_AT), { kinds: PERSONAL_KINDS, names });
  if (masked.length <= MAX_SHOWN_CHARS && text.length <= LOOKED_AT) return masked;
  return `…${masked.slice(1 - MAX_SHOWN_CHARS).replace(/^(?:\S*\s+|[\uDC00-\uDFFF])/, "")}`;
}
