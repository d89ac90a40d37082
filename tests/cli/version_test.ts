import assert from "node:assert/strict";
import { isOlder } from "../../src/cli/version.ts";

const LEAST = [2, 9, 5];

for (const version of ["2.4.2", "2.9.4", "1.46.3", "2.8.99", "2.9", "2", "2.9.4+abc123"]) {
  Deno.test(`isOlder() takes ${version} for older than 2.9.5`, () => {
    assert.equal(isOlder(version, LEAST), true);
  });
}

for (const version of ["2.9.5", "2.9.6", "2.10.0", "3.0.0", "2.9.5+abc123", "2.10.0-rc.1", "2.9.15"]) {
  Deno.test(`isOlder() takes ${version} for new enough`, () => {
    assert.equal(isOlder(version, LEAST), false);
  });
}
