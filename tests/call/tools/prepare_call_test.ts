import assert from "node:assert/strict";
import { checkArguments } from "../../../src/call/tools/prepare_call.ts";

const schema = {
  type: "object",
  properties: {
    day: { type: "string", enum: ["monday", "tuesday"] },
    guests: { type: "integer" },
    price: { type: ["number", "null"] },
    tags: { type: "array" },
    extra: { type: "object" },
    urgent: { type: "boolean" },
    anything: {},
  },
  required: ["day", "guests"],
};

Deno.test("checkArguments accepts what fits, and properties that the schema does not know", () => {
  const args = {
    day: "monday",
    guests: 2,
    price: null,
    tags: [],
    extra: {},
    urgent: false,
    anything: [1],
    other: 1,
  };
  assert.deepEqual(checkArguments(schema, args), []);
});

Deno.test("checkArguments names everything that is missing or wrong", () => {
  assert.deepEqual(
    checkArguments(schema, { day: "sunday", price: "2", tags: {}, extra: [], urgent: "yes" }),
    [
      '"guests" is missing.',
      '"day" must be one of ["monday","tuesday"], but is "sunday".',
      '"price" must be of type number or null, but is "2".',
      '"tags" must be of type array, but is {}.',
      '"extra" must be of type object, but is [].',
      '"urgent" must be of type boolean, but is "yes".',
    ],
  );
  assert.deepEqual(checkArguments(schema, { day: "monday", guests: 2.5 }), [
    '"guests" must be of type integer, but is 2.5.',
  ]);
});

Deno.test("checkArguments takes null for left out, unless the property is required", () => {
  assert.deepEqual(checkArguments(schema, { day: "monday", guests: 1, urgent: null }), []);
  assert.deepEqual(checkArguments(schema, { day: null, guests: 1 }), [
    '"day" must be of type string, but is null.',
  ]);
});

Deno.test("checkArguments compares enum values of any kind", () => {
  const property = { properties: { size: { enum: [1, [2, 3], { x: 4 }] } } };
  assert.deepEqual(checkArguments(property, { size: [2, 3] }), []);
  assert.deepEqual(checkArguments(property, { size: { x: 4 } }), []);
  assert.equal(checkArguments(property, { size: 2 }).length, 1);
});

Deno.test("checkArguments quotes no more than the beginning of a long value", () => {
  const [problem] = checkArguments(schema, { day: "x".repeat(1_000), guests: 1 });
  assert.ok(problem.length < 150, problem);
});

Deno.test("checkArguments accepts anything under a schema that says nothing, or is none", () => {
  assert.deepEqual(checkArguments({}, { a: 1 }), []);
  assert.deepEqual(checkArguments({ required: "a", properties: [] }, { a: 1 }), []);
  assert.deepEqual(checkArguments({ properties: { a: { type: "colour" } } }, { a: 1, constructor: 2 }), []);
});
