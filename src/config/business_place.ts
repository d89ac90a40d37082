import * as v from "valibot";

/** Where the businesses are described. */
export type BusinessPlace =
  | { readonly in: "folder"; readonly path: string }
  | { readonly in: "collection"; readonly name: string };

/** The collection when only `mongodb` is said. */
const DEFAULT_COLLECTION = "businesses";
/** A name that needs no quoting anywhere, and is none of the server's own. */
const COLLECTION = /^(?!system\.)[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;

const wanted = "a folder, or mongodb:COLLECTION for a collection of MONGODB_URI";

/** A folder, `mongodb:COLLECTION`, or `mongodb` for the collection `businesses`; a folder of that name is `./mongodb`. */
export const businessPlace = {
  wanted,
  schema: v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1, "must not be empty"),
    v.transform(placeOf),
    v.check((place) => place.in === "folder" || COLLECTION.test(place.name), `must be ${wanted}`),
  ),
};

function placeOf(text: string): BusinessPlace {
  const name = /^mongodb(?::(.*))?$/s.exec(text);
  return name === null
    ? { in: "folder", path: text }
    : { in: "collection", name: name[1] ?? DEFAULT_COLLECTION };
}
