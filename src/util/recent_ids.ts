/** Remembers the last ids that were added. The oldest are forgotten. */
export class RecentIds {
  readonly #ids = new Set<string>();

  constructor(readonly maxIds: number) {}

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    if (this.#ids.size <= this.maxIds) return;
    const [oldest] = this.#ids;
    this.#ids.delete(oldest);
  }
}
