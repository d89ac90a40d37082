/**
 * The hot path of a session: audio deltas are nearly all that OpenAI sends, up to tens of kilobytes each, and
 * of their JSON only three strings matter. This scan walks a flat object key by key, in whatever order,
 * without copying the audio. Whatever is not a flat object of integers and strings without escapes is left to
 * `JSON.parse`.
 */
export class DeltaScan {
  /** Where the audio's base64 starts in the text of the last delta that fitted. */
  audioStart = 0;
  /** Where it ends (exclusive). */
  audioEnd = 0;
  /** The item that the audio belongs to. */
  itemId = "";
  /** The response that the item belongs to. */
  responseId = "";

  /** True when `text` is one flat object that holds a delta, an item id and a response id. */
  matches(text: string): boolean {
    let found = 0;
    let position = 1;
    // Without escapes, a quote ends a string.
    if (text.charCodeAt(0) !== OPEN_BRACE || text.includes("\\")) return false;
    for (;;) {
      if (text.charCodeAt(position) !== QUOTE) return false;
      const keyStart = position + 1;
      const keyEnd = text.indexOf(`"`, keyStart);
      if (keyEnd < 0 || text.charCodeAt(keyEnd + 1) !== COLON) return false;
      position = keyEnd + 2;
      if (text.charCodeAt(position) === QUOTE) {
        const start = position + 1;
        const end = text.indexOf(`"`, start);
        if (end < 0) return false;
        found |= this.#keep(text, keyStart, keyEnd, start, end);
        position = end + 1;
      } else {
        const start = position;
        while (isIntegerChar(text.charCodeAt(position))) position++;
        if (position === start) return false;
      }
      const next = text.charCodeAt(position);
      if (next === CLOSE_BRACE) return position === text.length - 1 && found === ALL;
      if (next !== COMMA) return false;
      position++;
    }
  }

  /**
   * Notes a value that matters. A response sends many deltas in a row, so its ids are made into strings only
   * once.
   */
  #keep(text: string, keyStart: number, keyEnd: number, start: number, end: number): number {
    if (start === end) return 0; // neither audio nor a name
    switch (keyEnd - keyStart) {
      case 5:
        if (!text.startsWith("delta", keyStart)) return 0;
        this.audioStart = start;
        this.audioEnd = end;
        return DELTA;
      case 7:
        if (!text.startsWith("item_id", keyStart)) return 0;
        if (!sameText(text, start, end, this.itemId)) this.itemId = text.slice(start, end);
        return ITEM;
      case 11:
        if (!text.startsWith("response_id", keyStart)) return 0;
        if (!sameText(text, start, end, this.responseId)) this.responseId = text.slice(start, end);
        return RESPONSE;
      default:
        return 0;
    }
  }
}

const DELTA = 1, ITEM = 2, RESPONSE = 4, ALL = 7;
const QUOTE = 34, COMMA = 44, COLON = 58, OPEN_BRACE = 123, CLOSE_BRACE = 125;

function isIntegerChar(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 45 /* - */;
}

function sameText(text: string, start: number, end: number, known: string): boolean {
  return end - start === known.length && text.startsWith(known, start);
}

/**
 * The event type of a message that begins with it, as OpenAI's do; undefined when it does not.
 */
export function leadingType(text: string): string | undefined {
  if (!text.startsWith(`{"type":"`)) return undefined;
  const end = text.indexOf(`"`, 9);
  return end < 0 ? undefined : text.slice(9, end);
}
