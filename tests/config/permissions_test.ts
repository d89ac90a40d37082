import assert from "node:assert/strict";
import project from "../../deno.json" with { type: "json" };
import { FIELDS } from "../../src/config/fields.ts";

/**
 * Variables that MongoDB's driver (7.9.0) reads by itself, for its own log and to tell the platform that it runs on. It
 * fails when it may not read them. None is a setting of this program, and none holds a secret.
 */
const DRIVER_VARIABLES = [
  "MONGODB_LOG_*",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_RUNTIME_API",
  "AWS_REGION",
  "FUNCTIONS_WORKER_RUNTIME",
  "FUNCTION_MEMORY_MB",
  "FUNCTION_NAME",
  "FUNCTION_REGION",
  "FUNCTION_TIMEOUT_SEC",
  "KUBERNETES_SERVICE_HOST",
  "K_SERVICE",
  "VERCEL",
  "VERCEL_REGION",
];

Deno.test("deno.json lets the server read the variables of FIELDS, of businesses' secrets and of MongoDB's driver", () => {
  const granted = project.permissions.server.env;
  assert.deepEqual(granted, [
    ...Object.values(FIELDS).map(({ env }) => env),
    "BUSINESS_*",
    ...DRIVER_VARIABLES,
  ]);
});
