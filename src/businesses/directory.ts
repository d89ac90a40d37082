import { type Business, DEFAULT_BUSINESS, NO_BUSINESS } from "./business.ts";
import { BusinessSnapshot } from "./snapshot.ts";

/** How many businesses that are gone are remembered for calls that began with them. */
export const MAX_RETIRED = 1_000;

/**
 * Which business answers. Calls hold on to the object they were given, so that they end as they began whatever is
 * {@link replace | replaced} meanwhile.
 */
export class BusinessDirectory {
  #snapshot: BusinessSnapshot;
  /** Oldest first. Memory is bounded; what falls out leaves its last calls without their webhooks' words, no more. */
  readonly #retired = new Map<string, Business>();
  #isRead = true;

  constructor(businesses: readonly Business[] = [DEFAULT_BUSINESS]) {
    this.#snapshot = new BusinessSnapshot(businesses);
  }

  /** One that does not know who answers, until {@link replace} tells. */
  static unread(): BusinessDirectory {
    const directory = new BusinessDirectory([]);
    directory.#isRead = false;
    return directory;
  }

  /** False as long as nobody knows who answers: what describes the businesses has been out of reach since the start. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** How many there are. */
  get size(): number {
    return this.#snapshot.size;
  }

  /** The only business, where there is but one. */
  get only(): Business | undefined {
    const [first, second] = this.#snapshot.values();
    return second === undefined ? first : undefined;
  }

  /** The business that a called number belongs to, or {@link NO_BUSINESS}. */
  forNumber(to: string): Business {
    return this.#snapshot.forNumber(to) ?? NO_BUSINESS;
  }

  /**
   * The business of an id that this program gave out itself, or {@link NO_BUSINESS}. One that is gone is still found, since
   * calls may be going on that began with it.
   */
  byId(id: string): Business {
    return this.#snapshot.byId(id) ?? this.#retired.get(id) ?? NO_BUSINESS;
  }

  /** Whether calls may be placed for this business: it is in service, and not gone. */
  mayCall(business: Business): boolean {
    return business.inService && !this.#retired.has(business.id);
  }

  /** The number that the business's outbound calls come from; undefined when it has none of its own. */
  numberOf(business: Business): string | undefined {
    return business.numbers[0];
  }

  /** Puts other businesses in the place of these, all at once. */
  replace(businesses: readonly Business[]): void {
    const next = new BusinessSnapshot(businesses);
    for (const business of this.#snapshot.values()) {
      if (next.byId(business.id) === undefined) this.#retired.set(business.id, business);
    }
    for (const { id } of businesses) this.#retired.delete(id);
    for (const id of this.#retired.keys()) {
      if (this.#retired.size <= MAX_RETIRED) break;
      this.#retired.delete(id);
    }
    this.#snapshot = next;
    this.#isRead = true;
  }
}
