/** Shorter ones are words that texts may hold anyway. */
const MIN_CHARS = 8;
/** Beyond these, secrets of thousands of businesses, none is remembered any more. */
const MAX_VALUES = 10_000;
const HIDDEN = "[secret]";

const values = new Set<string>();

/** Remembers a secret that the process has been given, as it is and as it stands in URLs. */
export function rememberSecret(value: string): void {
  for (const form of [value, encodeURIComponent(value)]) {
    if (form.length >= MIN_CHARS && values.size < MAX_VALUES) values.add(form);
  }
}

/**
 * The text without the secrets that were remembered: for what others say, who may quote what they were sent.
 */
export function hideSecrets(text: string): string {
  for (const value of values) if (text.includes(value)) text = text.replaceAll(value, HIDDEN);
  return text;
}
