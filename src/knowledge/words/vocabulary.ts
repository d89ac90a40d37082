/**
 * Most distinct words that are held: first those that begin with a letter, then figures, of which a catalogue
 * may have any number. What is beyond is found only as it is written.
 */
export const MAX_VOCABULARY = 300_000;
/** Words of figures are before it, and all others behind it. */
export const AFTER_FIGURES = ":";

/** A word of the documents. */
export interface KnownWord {
  readonly word: string;
  /** How many chunks have it. */
  readonly chunks: number;
}

/**
 * The distinct words of a business's documents, held as one text: 30,000 of them take half a megabyte. It
 * finds the words that begin with some letters or have them inside, as German compounds do.
 */
export class Vocabulary {
  /** Chunks of the store. */
  readonly total: number;
  /** False: the documents may have more words than these. */
  readonly isWhole: boolean;
  /** Each word between two line feeds, sorted. */
  readonly #text: string;
  /** Where each word begins. */
  readonly #starts: Int32Array;
  readonly #chunks: Int32Array;

  /** @param words distinct, in any order; at most {@link MAX_VOCABULARY} */
  constructor(words: KnownWord[], total: number) {
    words.sort((a, b) => a.word < b.word ? -1 : 1);
    this.total = total;
    this.isWhole = words.length < MAX_VOCABULARY;
    this.#starts = new Int32Array(words.length + 1);
    this.#chunks = new Int32Array(words.length);
    let start = 1;
    for (const [index, { word, chunks }] of words.entries()) {
      this.#starts[index] = start;
      this.#chunks[index] = chunks;
      start += word.length + 1;
    }
    this.#starts[words.length] = start;
    this.#text = `\n${words.map(({ word }) => word).join("\n")}\n`;
  }

  /** How many chunks have the word. */
  count(word: string): number {
    const index = this.#lowerBound(word);
    return this.#wordAt(index) === word ? this.#chunks[index] : 0;
  }

  /** Words that begin with `prefix`, at most `limit`. */
  startingWith(prefix: string, limit: number): KnownWord[] {
    const found: KnownWord[] = [];
    for (let index = this.#lowerBound(prefix); found.length < limit; index++) {
      const word = this.#wordAt(index);
      if (word === undefined || !word.startsWith(prefix)) break;
      found.push({ word, chunks: this.#chunks[index] });
    }
    return found;
  }

  /** Words that have `part` after their beginning, at most `limit`. */
  having(part: string, limit: number): KnownWord[] {
    const found: KnownWord[] = [];
    for (let at = this.#text.indexOf(part, 2); at >= 0 && found.length < limit;) {
      const index = this.#indexAt(at);
      if (at > this.#starts[index]) found.push({ word: this.#wordAt(index)!, chunks: this.#chunks[index] });
      at = this.#text.indexOf(part, at > this.#starts[index] ? this.#starts[index + 1] : at + 1);
    }
    return found;
  }

  #wordAt(index: number): string | undefined {
    if (index >= this.#chunks.length) return undefined;
    return this.#text.slice(this.#starts[index], this.#starts[index + 1] - 1);
  }

  /** The first word that is not before `word`. */
  #lowerBound(word: string): number {
    let [low, high] = [0, this.#chunks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#wordAt(middle)! < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The word that a place of the text is in. */
  #indexAt(place: number): number {
    let [low, high] = [0, this.#chunks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle] <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
