/** The best of many by score, of which no more than `limit` are held at any time. */
export class TopK<Item> {
  readonly #limit: number;
  /** A binary heap, the worst first. */
  readonly #heap: { readonly item: Item; readonly score: number }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What an item must beat to get in. */
  get threshold(): number {
    return this.#heap.length < this.#limit ? -Infinity : this.#heap[0].score;
  }

  add(item: Item, score: number): void {
    if (!(score > this.threshold)) return;
    const heap = this.#heap;
    const entry = { item, score };
    let index: number;
    if (heap.length < this.#limit) {
      index = heap.push(entry) - 1;
      for (
        let parent = (index - 1) >> 1;
        index > 0 && heap[parent].score > score;
        parent = (index - 1) >> 1
      ) {
        heap[index] = heap[parent];
        index = parent;
      }
    } else {
      index = 0;
      for (;;) {
        let child = 2 * index + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && heap[child + 1].score < heap[child].score) child++;
        if (heap[child].score >= score) break;
        heap[index] = heap[child];
        index = child;
      }
    }
    heap[index] = entry;
  }

  /** The best first. */
  ranked(): { item: Item; score: number }[] {
    return [...this.#heap].sort((a, b) => b.score - a.score);
  }
}
