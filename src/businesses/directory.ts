import { calledNumber } from "../util/callable_number.ts";
import { type Business, DEFAULT_BUSINESS, NO_BUSINESS } from "./business.ts";

/** How many businesses that are gone are remembered for calls that began with them. */
export const MAX_RETIRED = 1_000;

/**
 * Which business answers. A call keeps the object that it was given, so that it ends as it began, whatever is
 * {@link replace | replaced} meanwhile.
 */
export class BusinessDirectory {
  readonly #byId = new Map<string, Business>();
  readonly #byNumber = new Map<string, Business>();
  #everyNumber: Business | undefined;
  /**
   * Oldest first, and bounded: the last calls of one that drops out lose only the words of their webhooks.
   */
  readonly #retired = new Map<string, Business>();
  #isRead = false;

  /**
   * @param businesses with different ids and numbers; one without numbers answers all that are nobody else's
   */
  constructor(businesses: readonly Business[] = [DEFAULT_BUSINESS]) {
    this.replace(businesses);
  }

  /** A directory that does not know who answers, until {@link replace} tells it. */
  static unread(): BusinessDirectory {
    const directory = new BusinessDirectory([]);
    directory.#isRead = false;
    return directory;
  }

  /** False while nobody knows who answers: the descriptions have been out of reach since the start. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** How many businesses there are. */
  get size(): number {
    return this.#byId.size;
  }

  /** The only business; undefined where there are several. */
  get only(): Business | undefined {
    const [first, second] = this.#byId.values();
    return second === undefined ? first : undefined;
  }

  /** The first businesses, `most` of them, in the order in which they were read. */
  first(most: number): Business[] {
    return [...this.#byId.values()].slice(0, most);
  }

  /**
   * The business that a called number belongs to, or {@link NO_BUSINESS}.
   *
   * @param to as the carrier gave it: E.164, or an address that has such a number in it
   */
  forNumber(to: string): Business {
    const byNumber = this.#byNumber;
    return byNumber.get(to) ?? byNumber.get(calledNumber(to) ?? "") ?? this.#everyNumber ?? NO_BUSINESS;
  }

  /**
   * The business of an id that this program gave out itself, or {@link NO_BUSINESS}. One that is gone is
   * still found, since calls that began with it may be going on.
   */
  byId(id: string): Business {
    return this.#byId.get(id) ?? this.#retired.get(id) ?? NO_BUSINESS;
  }

  /** Whether calls may be placed for this business: it is in service, and not gone. */
  mayCall(business: Business): boolean {
    return business.inService && !this.#retired.has(business.id);
  }

  /** Puts other businesses in the place of these, all at once. */
  replace(businesses: readonly Business[]): void {
    for (const business of this.#byId.values()) this.#retired.set(business.id, business);
    this.#byId.clear();
    this.#byNumber.clear();
    for (const business of businesses) {
      this.#retired.delete(business.id);
      this.#byId.set(business.id, business);
      for (const number of business.numbers) this.#byNumber.set(number, business);
    }
    this.#everyNumber = businesses.find(({ numbers }) => numbers.length === 0);
    for (const id of this.#retired.keys()) {
      if (this.#retired.size <= MAX_RETIRED) break;
      this.#retired.delete(id);
    }
    this.#isRead = true;
  }
}
