import type { Business } from "./business.ts";

/** The businesses at one moment. Never changes: a newer one takes its place. */
export class BusinessSnapshot {
  readonly #byId: ReadonlyMap<string, Business>;
  readonly #byNumber: ReadonlyMap<string, Business>;
  readonly #everyNumber: Business | undefined;

  /** @param businesses with different ids and numbers; one without numbers answers all that are nobody else's */
  constructor(businesses: readonly Business[]) {
    this.#byId = new Map(businesses.map((business) => [business.id, business]));
    this.#byNumber = new Map(
      businesses.flatMap((business) => business.numbers.map((number) => [number, business] as const)),
    );
    this.#everyNumber = businesses.find(({ numbers }) => numbers.length === 0);
  }

  get size(): number {
    return this.#byId.size;
  }

  forNumber(number: string): Business | undefined {
    return this.#byNumber.get(number) ?? this.#everyNumber;
  }

  byId(id: string): Business | undefined {
    return this.#byId.get(id);
  }

  values(): IterableIterator<Business> {
    return this.#byId.values();
  }
}
