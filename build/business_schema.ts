// `deno task schema` writes businesses/business.schema.json, by which editors complete and check business files. It is made
// from the schema that the server itself checks them with; a test fails when the committed file is not what this writes.

import { toJsonSchema } from "@valibot/to-json-schema";
import { BUSINESS_FILE } from "../src/businesses/schema/business_file.ts";

export const SCHEMA_PATH = "businesses/business.schema.json";

const DRAFT = "http://json-schema.org/draft-07/schema#";

/** The schema's file as it should be. What only the server checks, such as how fields fit together, is not in it. */
export function businessSchemaText(): string {
  const schema = toJsonSchema(BUSINESS_FILE, {
    errorMode: "ignore",
    typeMode: "input",
    ignoreActions: ["metadata"],
    overrideSchema: ({ valibotSchema, jsonSchema: { default: _, ...rest } }) =>
      "default" in valibotSchema && typeof valibotSchema.default === "function" ? rest : undefined,
  });
  return JSON.stringify({ $schema: DRAFT, title: "A business of Slimline", ...schema }, null, 2) + "\n";
}

if (import.meta.main) {
  await Deno.writeTextFile(SCHEMA_PATH, businessSchemaText());
  console.log(`${SCHEMA_PATH} is written.`);
}
