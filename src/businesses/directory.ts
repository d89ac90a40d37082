import { type Business, DEFAULT_BUSINESS } from "./business.ts";

/** Which business answers. For the present there is one, and it answers every number. */
export class BusinessDirectory {
  readonly #only: Business;

  constructor(only: Business = DEFAULT_BUSINESS) {
    this.#only = only;
  }

  /** The business that a called number belongs to. */
  forNumber(_to: string): Business {
    return this.#only;
  }

  /** The business of an id that this program gave out itself. */
  byId(_id: string): Business {
    return this.#only;
  }

  /** The number that the business's outbound calls come from; undefined when it has none of its own. */
  numberOf(_business: Business): string | undefined {
    return undefined;
  }
}
