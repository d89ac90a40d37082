import type * as v from "valibot";
import type { Business } from "./business.ts";
import { BusinessesError } from "./live_businesses.ts";
import { readBusiness } from "./read_business.ts";
import { type BUSINESS_FILE, toBusinessId } from "./schema/business_file.ts";
import type { SecretLookup } from "./secrets.ts";
import { settle } from "./settle.ts";
import { toDescription } from "./source.ts";

/**
 * The fields of a business file, as its schema takes them.
 * @internal
 */
type FileInput = v.InferInput<typeof BUSINESS_FILE>;

/**
 * A business as a file would describe it: `name`, `numbers` and `instructions`, and whatever else differs
 * from the defaults. docs/businesses.md lists every field. An `id` that is left out is made of the name:
 * `Acme Dental` is `acme-dental`. Instructions are a text: there is no folder to have them in a file.
 */
export interface BusinessDescription extends FileInput {}

/**
 * Businesses that are described in code, in the order given.
 * @param secrets values of the `${BUSINESS_…}` variables that the descriptions name
 * @throws {BusinessesError} with everything that is wrong with any of them
 */
export async function readDescriptions(
  descriptions: readonly BusinessDescription[],
  secrets: SecretLookup,
): Promise<Business[]> {
  const read = await Promise.all(descriptions.map(async (description, index) => {
    const file = `businesses[${index}]`;
    const named = { id: toBusinessId(String(description.name)), by: "the name" };
    return { file, ...await readBusiness(file, JSON.stringify(description), { secrets, named }) };
  }));
  const { problems } = settle(toDescription(read));
  if (problems.length > 0) throw new BusinessesError("The businesses have problems:", problems);
  return read.flatMap((one) => "business" in one ? [one.business] : []);
}
