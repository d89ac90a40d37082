import assert from "node:assert/strict";
import { EQUIVALENT } from "./equivalent.ts";
import { TARGETS } from "./targets.ts";

Deno.test("The mutation tester's targets and their tests are there", () => {
  for (const path of Object.entries(TARGETS).flatMap(([file, tests]) => [file, ...tests])) {
    Deno.statSync(path);
  }
});

Deno.test("The code of what is listed as equivalent to the program is there, each with a reason", () => {
  for (const { file, code, reason } of EQUIVALENT) {
    assert.ok(Deno.readTextFileSync(file).includes(code), `${file}: ${code}`);
    assert.ok(reason.length >= 10, reason);
  }
});
