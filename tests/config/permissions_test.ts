import assert from "node:assert/strict";
import project from "../../deno.json" with { type: "json" };
import { FIELDS } from "../../src/config/fields.ts";

Deno.test("deno.json lets the server read the variables of FIELDS and no others", () => {
  const granted = project.permissions.server.env;
  assert.deepEqual(granted, Object.values(FIELDS).map(({ env }) => env));
});
