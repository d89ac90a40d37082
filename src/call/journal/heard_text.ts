import { cutText } from "../../util/cut_text.ts";

/**
 * A run without spaces that is longer than this is no word but a script without spaces, such as Japanese, and
 * may be cut anywhere. (`Intl.Segmenter` knows the words of such scripts, but takes 5 MB of memory.)
 */
const MAX_WORD_CHARS = 30;

/**
 * The part of an answer's text that was heard, ending with a whole word. Text and audio carry no common
 * times, so the text is taken to be spoken at an even pace: `heardMs` of `audioMs` of it, rounded down to a
 * word.
 *
 * @param audioMs all audio of the answer that came from the model, heard or not
 */
export function heardText(text: string, heardMs: number, audioMs: number): string {
  if (heardMs <= 0) return "";
  if (heardMs >= audioMs) return text;
  const heard = cutText(text, Math.floor(text.length * heardMs / audioMs));
  const begun = heard.slice(heard.search(/\S*$/)); // the word that the cut is in, or that ends at the cut
  const [rest] = text.slice(heard.length).split(/\s/, 1);
  const isCutInside = begun.length > 0 && rest.length > 0;
  if (!isCutInside || begun.length + rest.length > MAX_WORD_CHARS) return heard.trimEnd();
  return heard.slice(0, heard.length - begun.length).trimEnd();
}
