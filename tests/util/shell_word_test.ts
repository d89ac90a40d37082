import assert from "node:assert/strict";
import { shellWord } from "../../src/util/shell_word.ts";

const WORDS: [text: string, word: string][] = [
  ["https://voice.example.com", "https://voice.example.com"],
  [
    "mongodb+srv://user:password@cluster.example.net/slimline",
    "mongodb+srv://user:password@cluster.example.net/slimline",
  ],
  ["sk-…", "sk-…"],
  ["", "''"],
  ["a long random string", "'a long random string'"],
  [`{"a":1}`, `'{"a":1}'`],
  ["it's", `'it'\\''s'`],
  ["$HOME", "'$HOME'"],
];

for (const [text, word] of WORDS) {
  Deno.test(`shellWord() writes ${JSON.stringify(text)} as ${word}`, () =>
    assert.equal(shellWord(text), word));
}
