import assert from "node:assert/strict";
import { isLoopback } from "../../src/util/loopback.ts";

Deno.test("isLoopback() knows what only this machine can reach", () => {
  for (const host of ["localhost", "::1", "[::1]", "127.0.0.1", "127.1.2.3"]) {
    assert.equal(isLoopback(host), true, host);
  }
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.com", "localhost.example.com", ""]) {
    assert.equal(isLoopback(host), false, host);
  }
});
