import assert from "node:assert/strict";
import { LastWords, MAX_LAST_WORDS } from "../../src/call/last_words.ts";

const lastWords = (text: string): string => new LastWords().masked(text);

Deno.test("LastWords shows a short turn as it is", () => {
  assert.equal(lastWords("A table for two, please."), "A table for two, please.");
});

Deno.test("LastWords masks personal data, also where it is cut", () => {
  const text = `${"So. ".repeat(40)}My number is 020 7946 0999, or write to ann@example.com.`;
  const shown = lastWords(text);
  assert.doesNotMatch(shown, /7946|0999|example/);
  for (let drop = 0; drop < 60; drop++) {
    assert.doesNotMatch(lastWords(text + ".".repeat(drop)), /7946|0999|ann@/, `${drop}`);
  }
});

Deno.test("LastWords masks the names that it is told of", () => {
  const text = "Thank you, Petra.";
  assert.equal(new LastWords().masked(text, () => ["Petra"]), "Thank you, [name].");
});

Deno.test("LastWords shows the end of a long turn from a word on, within its bound", () => {
  const shown = lastWords("red blue green white ".repeat(50).trim());
  assert.ok(shown.length <= MAX_LAST_WORDS);
  assert.match(shown, /^…(red|blue|green|white) .*white$/);
  assert.ok(lastWords("😀".repeat(500)).isWellFormed());
});

Deno.test("LastWords masks what begins far before the part that is shown", () => {
  const shown = lastWords(`${"0207 946 0999 ".repeat(30)}${"x".repeat(60)}`);
  assert.doesNotMatch(shown, /\d/);
});

Deno.test("LastWords follows a turn as it goes on", () => {
  const words = new LastWords();
  assert.equal(words.masked("We open"), "We open");
  assert.equal(words.masked("We open at nine."), "We open at nine.");
  assert.equal(words.masked("We open at nine."), "We open at nine.");
  assert.equal(words.masked(""), "");
});
