/** Promises of conditions, for tests that wait without guessing a time. */
export class Waiters {
  #waiting: { condition: () => boolean; resolve: (holds: boolean) => void }[] = [];
  #isReleased = false;

  /** Resolves to true once `condition` holds, to false when it was released before. */
  add(condition: () => boolean): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    if (this.#isReleased) return Promise.resolve(false);
    return new Promise((resolve) => this.#waiting.push({ condition, resolve }));
  }

  /** Looks at all conditions again. */
  look(): void {
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter(({ condition, resolve }) => {
      const holds = condition();
      if (holds) resolve(true);
      return !holds;
    });
  }

  /** Looks a last time, and gives up on those that do not hold. */
  release(): void {
    this.look();
    this.#isReleased = true;
    for (const { resolve } of this.#waiting) resolve(false);
    this.#waiting = [];
  }
}
