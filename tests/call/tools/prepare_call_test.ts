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

Deno.test("checkArguments accepts anything under a schema that says nothing", () => {
  assert.deepEqual(checkArguments({}, { a: 1 }), []);
  assert.deepEqual(checkArguments({ properties: { a: {} } }, { a: 1, constructor: 2, ["__proto__"]: 3 }), []);
});

Deno.test("checkArguments checks what is nested, and every keyword", () => {
  const order = {
    type: "object",
    properties: {
      items: {
        type: "array",
        maxItems: 2,
        items: {
          type: "object",
          properties: { id: { type: "string", pattern: "^[0-9]$" }, count: { type: "integer", minimum: 1 } },
          required: ["id"],
          additionalProperties: false,
        },
      },
      where: { anyOf: [{ type: "string", maxLength: 5 }, { $ref: "#/$defs/place" }] },
    },
    $defs: { place: { type: "object", properties: { town: { type: "string" } }, required: ["town"] } },
  };
  const good = { items: [{ id: "1", count: null }, { id: "2", count: 3 }], where: { town: "Ulm" } };
  assert.deepEqual(checkArguments(order, good), []);
  const [tooLong] = checkArguments(order, { items: [{ id: "1".repeat(60_000) }] });
  assert.match(tooLong, /^"items\[0\]\.id" must have pattern "\^\[0-9\]\$", but is "1{20}/);
  assert.ok(tooLong.length < 150, "a digit is one digit, and is not told whole");
  assert.deepEqual(checkArguments(order, { items: [{ count: 0, more: 1 }], where: 5 }), [
    '"items[0].id" is missing.',
    '"items[0].count" must have minimum 1, but is 0.',
    '"items[0].more" is not known here.',
    '"where": Instance does not match any subschemas.',
  ]);
  assert.equal(checkArguments(order, { items: [{ id: "1" }, { id: "2" }, { id: "3" }] }).length, 1);
});

Deno.test("checkArguments bounds depth, size and number of problems before anything is compared", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 5_000; level++) deep = [deep];
  assert.match(checkArguments({}, { deep })[0], /nested more than 32 deep/);
  const many = Array.from({ length: 8_000 }, (_, index) => index);
  const started = performance.now();
  assert.match(
    checkArguments({ properties: { many: { uniqueItems: true } } }, { many })[0],
    /more than 1000 values/,
  );
  assert.ok(performance.now() - started < 50);
  const wrong = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 1]));
  assert.equal(checkArguments({ additionalProperties: { type: "string" } }, wrong).length, 10);
});

Deno.test("A name with half a character is told of, as any other mistake", () => {
  const schema = { type: "object", properties: { a: { type: "string" } }, additionalProperties: false };
  assert.deepEqual(checkArguments(schema, { "o\ud800": 1 }), [
    "A name in them is no text: it has half a character.",
  ]);
});
