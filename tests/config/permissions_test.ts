import assert from "node:assert/strict";
import project from "../../deno.json" with { type: "json" };
import { SECRET_PREFIX } from "../../src/businesses/secrets.ts";
import { DRIVER_VARIABLES } from "../../src/config/environment.ts";
import { FIELDS } from "../../src/config/fields.ts";

Deno.test("deno.json lets the server read the variables of FIELDS, of businesses' secrets and of MongoDB's driver", () => {
  const granted = project.permissions.server.env;
  assert.deepEqual(granted, [
    ...Object.values(FIELDS).map(({ env }) => env),
    `${SECRET_PREFIX}*`,
    ...DRIVER_VARIABLES,
  ]);
});
