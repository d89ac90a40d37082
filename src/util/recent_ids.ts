/** Remembers the last ids that were added. The oldest are forgotten. */
export class RecentIds {
  /** Undefined until there is one: a call has several of these, and most stay empty. */
  #ids: Set<string> | undefined;

  constructor(readonly maxIds: number) {}

  has(id: string): boolean {
    return this.#ids?.has(id) ?? false;
  }

  add(id: string): void {
    const ids = this.#ids ??= new Set();
    ids.delete(id);
    ids.add(id);
    if (ids.size <= this.maxIds) return;
    const [oldest] = ids;
    ids.delete(oldest);
  }
}
