/** What an instance decides by alone: how many of a business's slots are its own. */
export interface SlotShareFacts {
  readonly self: string;
  /** `callsAtOnce` of the business. */
  readonly most: number;
  /**
   * Who was alive, as this instance has seen it for the last seconds: each list sorted, the latest last.
   * Empty when it has not been in the fleet for that long.
   */
  readonly views: readonly (readonly string[])[];
  /** The slots that each instance had at the last look. */
  readonly held: ReadonlyMap<string, number>;
}

/**
 * How many calls of a business an instance may have while it cannot ask. All instances together have no more
 * than the business may, also when they did not all see the same ones come and go: as long as there is one
 * view that all of them have had, each keeps to its part in that one. What others had beyond their parts is
 * taken off as if all of it were this one's.
 */
export function slotShare({ self, most, views, held }: SlotShareFacts): number {
  const latest = views.at(-1);
  if (!latest) return 0;
  const own = Math.min(...views.map((view) => part(most, view, self)));
  const borrowed = latest.filter((instance) => instance !== self)
    .reduce(
      (sum, instance) => sum + Math.max(0, (held.get(instance) ?? 0) - part(most, latest, instance)),
      0,
    );
  return Math.max(0, own - borrowed);
}

/** The part of one of those in a view: all have as much, and the first of them one of the rest each. */
function part(most: number, view: readonly string[], instance: string): number {
  const rank = view.indexOf(instance);
  if (rank < 0) return 0;
  return Math.floor(most / view.length) + (rank < most % view.length ? 1 : 0);
}
