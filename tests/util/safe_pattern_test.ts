import assert from "node:assert/strict";
import { isSafePattern } from "../../src/util/safe_pattern.ts";

// The "evil" patterns of OWASP's page "Regular expression Denial of Service - ReDoS", and others of public reports.
const EVIL = [
  "^(a+)+$",
  "^([a-zA-Z]+)*$",
  "^(a|aa)+$",
  "^(a|a?)+$",
  "^(.*a){11}$",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$",
  "^((ab)+)+$",
  "(?:.|\\s)*x",
  "(?<word>\\w+\\s?)*!",
  "^(?:\\d{1,3},?){20}$",
  "(x+?){2}",
];

const GOOD = [
  "^\\+[1-9]\\d{6,14}$",
  "^(?:\\d{1,3}\\.){3}\\d{1,3}$",
  "^([0-9A-F]{2}:){5}[0-9A-F]{2}$",
  "^(foo|bar)+$",
  "^(?:.|\\n)*$",
  "^(?:\\d|[a-f])+$",
  "^(?:\\(\\d{3}\\) )?\\d{3}-\\d{4}$",
  "^[(a+)+]*$",
  "^(?<year>\\d{4})-(?<month>\\d\\d)(?:-\\d\\d)?$",
  "^(?:\\p{L}|-)+(?= )",
  "^(|a)$",
  "^(?:a+)?$",
  "^\\(a+\\)+$",
  "^(a{3}){40}$",
];

Deno.test("isSafePattern() refuses what some text would keep a matcher with for ever, and no other pattern", () => {
  for (const pattern of EVIL) assert.equal(isSafePattern(pattern), false, pattern);
  for (const pattern of GOOD) assert.equal(isSafePattern(pattern), true, pattern);
  for (const none of ["(", "[", "a{2", "*", "\\"]) assert.equal(isSafePattern(none), false, none);
});

Deno.test("What isSafePattern() lets through is matched in no time", () => {
  for (const pattern of GOOD) {
    const matcher = new RegExp(pattern, "u");
    for (const piece of ["a", "1", " ", "foo", "ab", "aA", "1.", "0:", "("]) {
      const begunMs = performance.now();
      matcher.test(`${piece.repeat(40)}\u0000`);
      assert.ok(performance.now() - begunMs < 1_000, `${pattern} on ${piece}`);
    }
  }
});
