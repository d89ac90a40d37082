import { redactText } from "./redact_text.ts";

/**
 * Attributes that hold personal data. They are the only places where such data may stand in a log event, and they are
 * masked unless the operator asks for them.
 */
const TELEPHONE_NUMBERS = new Set(["from", "to", "number"]);
const SPOKEN = new Set(["transcript", "words", "digits", "name"]);
/** Texts that come from elsewhere, such as what a server says of an error: they may quote anything. */
const FOREIGN = new Set(["message"]);

/** A copy of `attributes` with personal data masked: numbers keep their last two digits, words only their length. */
export function redact(attributes: Record<string, unknown>): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value !== "string") masked[name] = value;
    else if (TELEPHONE_NUMBERS.has(name)) masked[name] = maskNumber(value);
    else if (SPOKEN.has(name)) masked[name] = `(${value.length} characters)`;
    else if (FOREIGN.has(name)) {
      masked[name] = redactText(value, { kinds: ["telephone", "email", "card", "ssn"] });
    } else masked[name] = value;
  }
  return masked;
}

/** Such as `…23` for `+15550000123`. */
export function maskNumber(number: string): string {
  return number.length > 4 ? `…${number.slice(-2)}` : "…";
}
