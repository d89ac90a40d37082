import { RecentIds } from "../../util/recent_ids.ts";
import { wordsOf } from "./transcribed_words.ts";

/** Texts of turns that are remembered: a machine has a few, and says them in turn. */
const MAX_TEXTS = 8;
/** What has fewer words, people say again and again: "I want to speak to a human". */
const MIN_WORDS = 8;
/** By so much of a text it is known again. */
const MAX_CHARS = 200;

/** What was said last, by which a machine is known: it says the same again and again. */
export class RepeatedWords {
  readonly #texts = new RecentIds(MAX_TEXTS);

  /**
   * True for what one of the last turns has said already, in the same words and some number of them. A place
   * in a queue may be another one.
   */
  repeats(text: string): boolean {
    const words = wordsOf(text);
    if (words.length < MIN_WORDS) return false;
    const known = words.join(" ").replace(/\p{N}+/gu, "0").slice(0, MAX_CHARS);
    const isRepeated = this.#texts.has(known);
    this.#texts.add(known);
    return isRepeated;
  }
}
