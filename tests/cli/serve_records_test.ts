import assert from "node:assert/strict";
import { serve } from "../../src/cli/serve.ts";
import { captureConsole } from "../support/capture_console.ts";

Deno.test("slimline serve --no-records is for one process", async () => {
  const { code, err } = await captureConsole(() => serve(["--no-records", "--workers", "2"]));
  assert.equal(code, 2);
  assert.match(err, /--no-records is for one process/);
});
