import assert from "node:assert/strict";
import { BUSINESS_ID, toBusinessId } from "../../src/businesses/schema/business_file.ts";

const names: [name: string, id: string][] = [
  ["Acme Dental", "acme-dental"],
  ["Café Müller & Söhne, Hauptstraße 5", "cafe-muller-sohne-hauptstrasse-5"],
  ["  linden-street  ", "linden-street"],
  [`${"a".repeat(63)} b`, "a".repeat(63)],
  [`- ${"a".repeat(70)}`, "a".repeat(64)],
  ["株式会社", ""],
];
for (const [name, id] of names) {
  Deno.test(`The id of a business named ${JSON.stringify(name)} is ${JSON.stringify(id)}`, () => {
    assert.equal(toBusinessId(name), id);
    assert.equal(BUSINESS_ID.test(id), id !== "");
  });
}
