/** What an instance decides by alone: how many of a business's slots are its own. */
export interface SlotShareFacts {
  readonly self: string;
  /** `callsAtOnce` of the business. */
  readonly most: number;
  /** Who was alive at the last look, sorted. Empty when the others may not have noticed this instance. */
  readonly view: readonly string[];
  /** The slots that each instance had at the last look. */
  readonly held: ReadonlyMap<string, number>;
}

/**
 * How many calls of a business an instance may have while it cannot ask. All instances together have no more
 * than the business may, also when not all have seen yet who came or died: each that gives is in the views of
 * all others that give, and whoever else is in a view makes a part in it smaller, never larger. What others
 * had beyond their parts is taken off as if all of it were this one's.
 */
export function slotShare({ self, most, view, held }: SlotShareFacts): number {
  const borrowed = view.filter((instance) => instance !== self)
    .reduce((sum, instance) => sum + Math.max(0, (held.get(instance) ?? 0) - part(most, view, instance)), 0);
  return Math.max(0, part(most, view, self) - borrowed);
}

/** The part of one of those in a view: all have as much, and the first of them one of the rest each. */
function part(most: number, view: readonly string[], instance: string): number {
  const rank = view.indexOf(instance);
  if (rank < 0) return 0;
  return Math.floor(most / view.length) + (rank < most % view.length ? 1 : 0);
}
