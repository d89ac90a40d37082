/** Shorter ones are words that texts may hold anyway. */
const MIN_CHARS = 8;
/** Beyond these, secrets of thousands of businesses, none is remembered any more. */
const MAX_VALUES = 10_000;
const HIDDEN = "[secret]";

const values = new Set<string>();
/** The same, the longest first: one may begin like another. Undefined until they are looked for. */
let longestFirst: readonly string[] | undefined;

/** Remembers a secret that the process has been given, as it is and as it stands in URLs and in JSON. */
export function rememberSecret(value: string): void {
  for (const form of [value, encodeURIComponent(value.toWellFormed()), JSON.stringify(value).slice(1, -1)]) {
    if (form.length >= MIN_CHARS && values.size < MAX_VALUES) values.add(form);
  }
  longestFirst = undefined;
}

/**
 * The text without the secrets that were remembered: for what others say, who may quote what they were sent.
 */
export function hideSecrets(text: string): string {
  longestFirst ??= [...values].sort((a, b) => b.length - a.length);
  for (const value of longestFirst) if (text.includes(value)) text = text.replaceAll(value, HIDDEN);
  return text;
}
