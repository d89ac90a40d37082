import { PERSONAL_KINDS, redactText } from "../telemetry/redaction/redact_text.ts";

/** Longest text shown of a turn, in characters. */
export const MAX_LAST_WORDS = 120;

/** The end of a turn's text, from a word on, with personal data masked. */
export function lastWords(text: string): string {
  const masked = redactText(text, { kinds: PERSONAL_KINDS });
  if (masked.length <= MAX_LAST_WORDS) return masked;
  return `…${masked.slice(1 - MAX_LAST_WORDS).replace(/^(?:\S*\s+|[\uDC00-\uDFFF])/, "")}`;
}
