import assert from "node:assert/strict";
import { MAX_SHOWN_CHARS, ShownWords } from "../../src/call/shown_talk.ts";

const shownWords = (text: string): string => new ShownWords().masked(text);

Deno.test("ShownWords shows a short turn as it is", () => {
  assert.equal(shownWords("A table for two, please."), "A table for two, please.");
});

Deno.test("ShownWords masks personal data, also where it is cut", () => {
  const text = `${"So. ".repeat(40)}My number is 020 7946 0999, or write to ann@example.com.`;
  const shown = shownWords(text);
  assert.doesNotMatch(shown, /7946|0999|example/);
  for (let drop = 0; drop < 60; drop++) {
    assert.doesNotMatch(shownWords(text + ".".repeat(drop)), /7946|0999|ann@/, `${drop}`);
  }
});

Deno.test("ShownWords masks the names that it is told of", () => {
  const text = "Thank you, Petra.";
  assert.equal(new ShownWords().masked(text, () => ["Petra"]), "Thank you, [name].");
});

Deno.test("ShownWords shows the end of a long turn from a word on, within its bound", () => {
  const shown = shownWords("red blue green white ".repeat(50).trim());
  assert.ok(shown.length <= MAX_SHOWN_CHARS);
  assert.match(shown, /^…(red|blue|green|white) .*white$/);
  assert.ok(shownWords("😀".repeat(500)).isWellFormed());
});

Deno.test("ShownWords masks what begins far before the part that is shown", () => {
  const shown = shownWords(`${"0207 946 0999 ".repeat(30)}${"x".repeat(60)}`);
  assert.doesNotMatch(shown, /\d/);
});

Deno.test("ShownWords follows a turn as it goes on", () => {
  const words = new ShownWords();
  assert.equal(words.masked("We open"), "We open");
  assert.equal(words.masked("We open at nine."), "We open at nine.");
  assert.equal(words.masked("We open at nine."), "We open at nine.");
  assert.equal(words.masked(""), "");
});
