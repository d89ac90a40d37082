import assert from "node:assert/strict";
import { SafetyIds } from "../../../src/model/openai/safety_id.ts";

const NUMBER = "+15550100001";

Deno.test("SafetyIds gives a number the same id again, and another to another number or by another secret", async () => {
  const ids = new SafetyIds("a secret");
  const id = await ids.forNumber(NUMBER);
  assert.match(id ?? "", /^[0-9a-f]{32}$/);
  assert.equal(await new SafetyIds("a secret").forNumber(NUMBER), id);
  assert.notEqual(await ids.forNumber("+15550100002"), id);
  assert.notEqual(await new SafetyIds("another").forNumber(NUMBER), id);
});

Deno.test("SafetyIds names nobody by what is no number, or one that stands for those that are withheld", async () => {
  const ids = new SafetyIds("a secret");
  for (const address of ["", "anonymous", "sip:somebody@example.com", "+266696687", "+7378742833"]) {
    assert.equal(await ids.forNumber(address), undefined);
  }
});
