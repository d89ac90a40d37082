import type { ReadDescription } from "../describe.ts";
import { readBusiness } from "../read_business.ts";
import type { SecretLookup } from "../secrets.ts";
import { MAX_DESCRIPTION_BYTES } from "../source.ts";

/** A document as the driver makes it of BSON. */
type Document = Readonly<Record<string, unknown>>;

/**
 * Reads one business from the document that describes it, which is what its file would be beside its `_id`: the id of the
 * business where the document has no `id`. What JSON does not have, such as a date, is read as what JSON makes of it.
 *
 * @param size of the document's BSON, in bytes
 */
export async function readDocument(
  collection: string,
  { _id, ...described }: Document,
  size: number,
  secrets: SecretLookup,
): Promise<ReadDescription> {
  const file = `${collection}/${_id}`;
  const wrong = (problem: string): ReadDescription => ({ file, problems: [{ file, path: "", problem }] });
  if (size > MAX_DESCRIPTION_BYTES) return wrong(`must have at most ${MAX_DESCRIPTION_BYTES} bytes`);
  // An id that the database has made is no name that anybody would know the business by.
  const named = { id: typeof _id === "string" ? _id : "", by: "_id" };
  const result = await readBusiness(file, JSON.stringify(described), { secrets, named });
  return { file, ...result };
}
