const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Deltas and what hides their length are together a multiple of so many characters. */
const BLOCK_CHARS = 16;

/** The events that carry words piece by piece, whose lengths are hidden. */
const HIDDEN = new Set([
  "response.output_text.delta",
  "response.output_audio_transcript.delta",
  "conversation.item.input_audio_transcription.delta",
]);

/**
 * `obfuscation` of an event, which hides from who watches the line how long a piece of text is; undefined
 * for events that have none. Seen of the API in September 2026; what its length goes by is not known.
 */
export function obfuscationOf(type: string, delta: unknown): string | undefined {
  if (!HIDDEN.has(type) || typeof delta !== "string") return undefined;
  const length = BLOCK_CHARS - delta.length % BLOCK_CHARS;
  let text = "";
  for (let at = 0; at < length; at++) text += ALPHABET[Math.floor(Math.random() * ALPHABET.length)];
  return text;
}
