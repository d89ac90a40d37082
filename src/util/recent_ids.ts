import { setLatest } from "./set_latest.ts";

/** Remembers the last ids that were added. The oldest are forgotten. */
export class RecentIds {
  /** Undefined until there is one: a call has several of these, and most stay empty. */
  #ids: Map<string, true> | undefined;

  constructor(readonly maxIds: number) {}

  has(id: string): boolean {
    return this.#ids?.has(id) ?? false;
  }

  add(id: string): void {
    setLatest(this.#ids ??= new Map(), id, true, this.maxIds);
  }

  /** Forgets an id. Returns whether it was remembered. */
  delete(id: string): boolean {
    return this.#ids?.delete(id) ?? false;
  }
}
