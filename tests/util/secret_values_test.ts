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

Deno.test("hideSecrets() leaves no end of a secret that begins like another, and knows one that JSON quotes", () => {
  rememberSecret("a key of the house");
  rememberSecret("a key of the house, second floor");
  rememberSecret('a "quoted" key\\');
  assert.equal(hideSecrets("Not a key of the house, second floor."), "Not [secret].");
  assert.equal(hideSecrets(JSON.stringify({ given: 'a "quoted" key\\' })), '{"given":"[secret]"}');
});
