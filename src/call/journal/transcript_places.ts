import type { TranscriptEntry } from "./transcript_entry.ts";

/** Most entries kept. An hour's talk has a few hundred. */
export const MAX_ENTRIES = 2_000;
/** Most characters kept. An hour's talk has some 60,000. */
export const MAX_CHARS = 200_000;

/** A place in the order of the conversation. */
export interface Place {
  /** Empty for what is no item of OpenAI's conversation, such as pressed keys. */
  readonly itemId: string;
  /** Undefined as long as the item has nothing to show. */
  entry: TranscriptEntry | undefined;
  /**
   * Assistant: audio of it has come. Without audio nothing of it can have been heard, whatever text there is.
   */
  hasAudio: boolean;
  /** Assistant: what it says beyond the cut, too, while that may be taken back. */
  whole?: string;
  /** Assistant: how much was heard of an answer that was cut off before any of its text had come. */
  share?: { readonly heardMs: number; readonly audioMs: number; text: string };
  /** User: its transcription has not come to its end. */
  isPartial?: boolean;
}

/** The order of a conversation. Bounded: the oldest entries go first, and are counted. */
export class TranscriptPlaces {
  readonly #places: Place[] = [];
  #chars = 0;
  #dropped = 0;

  /** Entries that had to go. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The place of an item, if it has one. */
  find(itemId: string): Place | undefined {
    return itemId === "" ? undefined : this.findLast((place) => place.itemId === itemId);
  }

  findLast(isIt: (place: Place) => boolean): Place | undefined {
    return this.#places.findLast(isIt);
  }

  /** The place of an item; last, if it has none yet. */
  at(itemId: string): Place {
    const known = this.find(itemId);
    if (known) return known;
    const place = { itemId, entry: undefined, hasAudio: false };
    this.#places.push(place);
    return place;
  }

  /** Puts an item behind another one; last where that is null or has no place. */
  putBehind(previousItemId: string | null | undefined, itemId: string): Place {
    const place = this.at(itemId);
    this.remove(place);
    this.#places.splice(this.#indexBehind(previousItemId), 0, place);
    this.#trim();
    return place;
  }

  /** What a place shows from now on. */
  set(place: Place, entry: TranscriptEntry | undefined): void {
    this.#chars += countChars(entry) - countChars(place.entry);
    place.entry = entry;
    this.#trim();
  }

  includes(place: Place): boolean {
    return this.#places.includes(place);
  }

  remove(place: Place): void {
    const index = this.#places.indexOf(place);
    if (index >= 0) this.#places.splice(index, 1);
  }

  /** In their order. @param most so many of the last ones; default: all */
  latest(most = MAX_ENTRIES): readonly Place[] {
    return this.#places.slice(-most);
  }

  /** What happened behind the previous item, keys for example, was before an item that comes only now. */
  #indexBehind(previousItemId: string | null | undefined): number {
    const previous = this.find(previousItemId ?? "");
    if (!previous) return this.#places.length;
    let index = this.#places.indexOf(previous) + 1;
    while (index < this.#places.length && this.#places[index].itemId === "") index++;
    return index;
  }

  #trim(): void {
    while (this.#places.length > MAX_ENTRIES || this.#chars > MAX_CHARS) {
      const [{ entry }] = this.#places.splice(0, 1);
      this.#chars -= countChars(entry);
      if (entry) this.#dropped++;
    }
  }
}

function countChars(entry: TranscriptEntry | undefined): number {
  switch (entry?.kind) {
    case "user":
    case "assistant":
    case "note":
      return entry.text.length;
    case "tool":
      return entry.name.length + entry.arguments.length + entry.output.length;
    case "keys":
      return entry.digits.length;
    default:
      return 0;
  }
}
