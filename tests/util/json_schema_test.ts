import assert from "node:assert/strict";
import fc from "fast-check";
import { schemaProblem, valueProblems } from "../../src/util/json_schema.ts";

Deno.test("schemaProblem() has nothing against what OpenAI takes, and unknown keywords", () => {
  const good = [
    {},
    { type: "object", properties: { a: { type: ["string", "null"], format: "date", description: "x" } } },
    { type: "object", $defs: { a: { type: "string" } }, properties: { b: { $ref: "#/$defs/a" } } },
    { type: "object", properties: { tree: { $ref: "#" } }, strict: true },
    { anyOf: [true, { not: { const: 1 } }], patternProperties: { "^x-": { type: "number" } } },
  ];
  for (const schema of good) assert.equal(schemaProblem(schema), undefined, JSON.stringify(schema));
});

Deno.test("schemaProblem() finds what is no schema", () => {
  let deep: Record<string, unknown> = {};
  for (let level = 0; level < 100; level++) deep = { properties: { a: deep } };
  const bad = [
    null,
    [],
    "object",
    { type: "strin" },
    { properties: [] },
    { properties: { a: { type: 5 } } },
    { required: "a" },
    { properties: { a: 5 } },
    { items: [1] },
    { minLength: -1 },
    { anyOf: [] },
    { pattern: "(" },
    { properties: { a: { pattern: "^(a+)+$" } } },
    { patternProperties: { "[": {} } },
    { $ref: "https://example.com/schema" },
    { $ref: "#/$defs/none" },
    { properties: { a: { items: { $ref: "#/$defs/none" } } } },
    { $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } },
    { allOf: [{ $ref: "#" }] },
    { $ref: "#/%zz" },
    { $ref: "#" },
    deep,
  ];
  for (const schema of bad) assert.ok(schemaProblem(schema), JSON.stringify(schema)?.slice(0, 80));
});

Deno.test("schemaProblem() and valueProblems() throw at nothing", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (schema, value) => {
    const problem = schemaProblem(schema);
    if (problem === undefined) valueProblems(schema as Record<string, unknown>, value);
  }));
});
