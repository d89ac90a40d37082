import assert from "node:assert/strict";
import { reasonOf } from "../../src/util/errors.ts";

Deno.test("reasonOf() tells an error with what caused it", () => {
  const refused = new Error("Connection refused");
  assert.equal(
    reasonOf(new TypeError("fetch failed", { cause: refused })),
    "fetch failed: Connection refused",
  );
  assert.equal(reasonOf(new Error("It broke.", { cause: new Error("It bent.") })), "It broke: It bent.");
  assert.equal(reasonOf(new Error("broken")), "broken");
  assert.equal(reasonOf("just words"), "just words");
});

Deno.test("reasonOf() says nothing twice, and goes no deeper than three causes", () => {
  assert.equal(reasonOf(new Error("broken", { cause: new Error("broken") })), "broken");
  let error = new Error("0");
  for (const depth of ["1", "2", "3", "4", "5"]) error = new Error(depth, { cause: error });
  assert.equal(reasonOf(error), "5: 4: 3: 2");
  error.cause = error;
  assert.equal(reasonOf(error), "5");
});
