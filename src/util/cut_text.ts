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
