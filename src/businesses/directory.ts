import { type Business, DEFAULT_BUSINESS } from "./business.ts";

/** Which business answers. */
export class BusinessDirectory {
  /** The business that a called number belongs to. */
  forNumber(_to: string): Business {
    return DEFAULT_BUSINESS;
  }

  /** The business of an id that this program gave out itself. */
  byId(_id: string): Business {
    return DEFAULT_BUSINESS;
  }

  /** The number that the business's outbound calls come from; undefined when it has none of its own. */
  numberOf(_business: Business): string | undefined {
    return undefined;
  }
}
