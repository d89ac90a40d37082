/** The first `maxChars` UTF-16 units of `text`; never half of a surrogate pair. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const last = text.charCodeAt(maxChars - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? maxChars - 1 : maxChars);
}

/** `text` within `maxChars`, with `…` as its last character where something was left out. */
export function shorten(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : cutText(text, maxChars - 1) + "…";
}

/** `text` in pieces of at most `maxChars`, cut between words, or anywhere where there are none. */
export function* cutBetweenWords(text: string, maxChars: number): Generator<string> {
  let rest = text;
  while (rest.length > maxChars) {
    const space = rest.lastIndexOf(" ", maxChars - 1);
    const piece = space > 0 ? rest.slice(0, space + 1) : cutText(rest, maxChars);
    yield piece;
    rest = rest.slice(piece.length);
  }
  if (rest !== "") yield rest;
}

/** The last `maxChars` UTF-16 units of `text`; never half of a surrogate pair. */
export function cutFront(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : wholeCharacters(text.slice(text.length - maxChars));
}

/**
 * `text` without halves of surrogate pairs at its ends, where something was cut off; others inside are
 * replaced by U+FFFD.
 */
export function wholeCharacters(text: string): string {
  return text.isWellFormed() ? text : text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "").toWellFormed();
}
