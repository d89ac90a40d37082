import type { Business } from "../../businesses/business.ts";
import type { BusinessDirectory } from "../../businesses/directory.ts";

/** Numbers that nobody has (555-01xx), for a business that answers every number. */
const UNOWNED = Array.from({ length: 100 }, (_, last) => `+155501001${`${last}`.padStart(2, "0")}`);

/** A number at which a business can be called; undefined when there is none. */
export function numberOf(business: Business, businesses: BusinessDirectory): string | undefined {
  const reaches = (number: string) => businesses.forNumber(number).id === business.id;
  return business.numbers.find(reaches) ?? UNOWNED.find(reaches);
}
