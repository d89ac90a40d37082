import assert from "node:assert/strict";

/** What of JSON schema `businesses/business.schema.json` nests fields by. */
interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  default?: unknown;
}

/** Told in one row: what is below has no names of ours, or the names of weekdays. */
const ONE_ROW = new Set([
  "$schema",
  "hours.week",
  "hours.days",
  "instructions",
  "tools.http[].parameters",
  "tools.http[].headers",
]);

/** Each field below `path`, with its default. */
function* fieldsOf(schema: Schema, path = ""): Generator<[string, unknown]> {
  if (path !== "") yield [path, schema.default];
  if (ONE_ROW.has(path)) return;
  for (const form of schema.oneOf ?? schema.anyOf ?? []) yield* fieldsBelow(form, path);
  yield* fieldsBelow(schema, path);
}

function* fieldsBelow(
  { properties = {}, additionalProperties, items }: Schema,
  path: string,
): Generator<[string, unknown]> {
  for (const [name, field] of Object.entries(properties)) {
    yield* fieldsOf(field, path === "" ? name : `${path}.${name}`);
  }
  if (items) yield* fieldsBelow(items, `${path}[]`);
  if (path === "keys" && typeof additionalProperties === "object") {
    for (const form of additionalProperties.oneOf ?? additionalProperties.anyOf ?? []) {
      yield* fieldsBelow(form, "keys.KEY");
    }
  }
}

Deno.test("docs/businesses.md tells each field of the schema in one row, with its default", async () => {
  const schema: Schema = JSON.parse(await Deno.readTextFile("businesses/business.schema.json"));
  const fields = new Map(fieldsOf(schema));
  fields.delete("$schema");
  const rows = [
    ...(await Deno.readTextFile("docs/businesses.md")).matchAll(/^\| `([^`]+)` +\| (.+?) +\| .+\|$/gm),
  ];
  assert.deepEqual(rows.map(([, field]) => field).sort(), [...fields.keys()].sort());
  for (const [, field, told] of rows) {
    const value = fields.get(field);
    if (typeof value === "number" || typeof value === "boolean") {
      assert.equal(told, `\`${value}\``, field);
    }
  }
});
