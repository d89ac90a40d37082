import assert from "node:assert/strict";
import { lastWords, MAX_LAST_WORDS } from "../../src/call/last_words.ts";

Deno.test("lastWords() shows a short turn as it is", () => {
  assert.equal(lastWords("A table for two, please."), "A table for two, please.");
});

Deno.test("lastWords() masks personal data, also where it is cut", () => {
  const text = `${"So. ".repeat(40)}My number is 020 7946 0999, or write to ann@example.com.`;
  const shown = lastWords(text);
  assert.doesNotMatch(shown, /7946|0999|example/);
  for (let drop = 0; drop < 60; drop++) {
    assert.doesNotMatch(lastWords(text + ".".repeat(drop)), /7946|0999|ann@/, `${drop}`);
  }
});

Deno.test("lastWords() shows the end of a long turn from a word on, within its bound", () => {
  const shown = lastWords("red blue green white ".repeat(50).trim());
  assert.ok(shown.length <= MAX_LAST_WORDS);
  assert.match(shown, /^…(red|blue|green|white) .*white$/);
  assert.ok(lastWords("😀".repeat(500)).isWellFormed());
});
