/** Something with its score. */
export interface Ranked<Item> {
  readonly item: Item;
  readonly score: number;
}

/**
 * The best of many by score, of which no more than `limit` are held at any time. Of equal ones the first come
 * first.
 */
export class TopK<Item> {
  readonly #limit: number;
  /** The best first. */
  readonly #ranked: Ranked<Item>[] = [];

  /** @param limit small: what gets in is put in its place one by one */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(item: Item, score: number): void {
    if (Number.isNaN(score)) return; // of a vector with other dimensions
    const ranked = this.#ranked;
    let place = ranked.length;
    while (place > 0 && ranked[place - 1].score < score) place--;
    if (place >= this.#limit) return;
    ranked.splice(place, 0, { item, score });
    if (ranked.length > this.#limit) ranked.pop();
  }

  /** The best first. */
  ranked(): readonly Ranked<Item>[] {
    return this.#ranked;
  }
}
