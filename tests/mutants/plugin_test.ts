import assert from "node:assert/strict";
import plugin, { type Change } from "./plugin.ts";

/** The mutants of a function's body, each as the whole body. */
function mutantsOf(body: string): string[] {
  const [before, after] = ["function within() { ", " }"];
  return programsOf(before + body + after).map((program) => program.slice(before.length, -after.length));
}

/** The mutants of a program, each as the whole program. */
function programsOf(source: string): string[] {
  return Deno.lint.runPlugin(plugin, "source.ts", source).map(({ message }) => {
    const { from, to, replacement }: Change = JSON.parse(message);
    return source.slice(0, from) + replacement + source.slice(to);
  }).sort();
}

for (
  const [source, ...mutants] of [
    ["if (a) b();", "if (a) ;", "if (false) b();", "if (true) b();"],
    ["const a = b ? c : d;", "const a = false ? c : d;", "const a = true ? c : d;"],
    ["while (a < b);", "while (a <= b);", "while (false);"],
    ["for (;;) { continue; }", "for (;;) { ; }"],
    ["const a = b /* ü < */ >= c;", "const a = b /* ü < */ > c;"],
    ["const a = b === c && d;", "const a = b !== c && d;", "const a = b === c || d;"],
    ["const a = (b + c) - d;", "const a = (b + c) + d;", "const a = (b - c) - d;"],
    ["const a = b + 'text';"],
    ["const a = b ?? c;", "const a = b;"],
    ["const a = !b;", "const a = b;"],
    ["a ||= b;", ";", "a = b;"],
    ["a++;", ";", "a--;"],
    ["const a = Math.min(b, c);", "const a = Math.max(b, c);"],
    ["type A = 1 | true;"],
    [
      "const a = () => [true, 1, 5];",
      "const a = () => [false, 1, 5];",
      "const a = () => [true, 1, 4];",
      "const a = () => [true, 1, 6];",
      "const a = () => [true, 2, 5];",
    ],
    ["class A { count = 0; isOn = false; }", "class A { count = 0; isOn = true; }"],
    ["class A { constructor() { super(); return; } }", "class A { constructor() { super(); ; } }"],
  ]
) {
  Deno.test(`Of "${source}" there are ${mutants.length} mutants`, () => {
    assert.deepEqual(mutantsOf(source), mutants.sort());
  });
}

Deno.test("Constants of a module have no mutants", () => {
  assert.deepEqual(programsOf("const MAX = 5 * 2; const SOME = [-1, true]; type A = 1 | 2;"), []);
});
