import { shorten } from "../../util/cut_text.ts";
import { hideSecrets } from "../../util/secret_values.ts";
import { PERSONAL_KINDS, redactText } from "./redact_text.ts";

/**
 * Attributes that hold personal data: the only ones that may, in a log event. They are always masked.
 */
const TELEPHONE_NUMBERS = new Set(["from", "to", "number"]);
const SPOKEN = new Set(["transcript", "words", "digits", "name"]);
/** Texts from outside, such as a server's error message, which may quote anything. */
const FOREIGN = new Set(["message"]);
/** What is left of such a text: to look for personal data takes some 4 µs a character. */
const MAX_FOREIGN_CHARS = 2_000;

/**
 * Copies `attributes` with personal data masked: numbers keep their last two digits, words only
 * their length; what is longer of a text from outside is cut off.
 */
export function redact(attributes: Record<string, unknown>): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value !== "string") masked[name] = value;
    else if (TELEPHONE_NUMBERS.has(name)) masked[name] = maskNumber(value);
    else if (SPOKEN.has(name)) masked[name] = `(${value.length} characters)`;
    else if (FOREIGN.has(name)) {
      masked[name] = redactText(shorten(hideSecrets(value), MAX_FOREIGN_CHARS), { kinds: PERSONAL_KINDS });
    } else masked[name] = value;
  }
  return masked;
}

/** Such as `…23` for `+15550000123`. */
export function maskNumber(number: string): string {
  return number.length > 4 ? `…${number.slice(-2)}` : "…";
}
