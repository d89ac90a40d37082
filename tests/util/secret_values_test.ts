import assert from "node:assert/strict";
import { hideSecrets, rememberSecret } from "../../src/util/secret_values.ts";

Deno.test("hideSecrets() hides what was remembered, also as it stands in URLs, and nothing else", () => {
  rememberSecret("a test's se/cret");
  rememberSecret("short");
  assert.equal(
    hideSecrets("No a test's se/cret, no a%20test's%20se%2Fcret, but short."),
    "No [secret], no [secret], but short.",
  );
});
