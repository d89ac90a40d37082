import assert from "node:assert/strict";
import plugin, { type Change } from "./plugin.ts";

/** The mutants of a program, each as the whole program. */
function mutantsOf(source: string): string[] {
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
    ["const MAX = 5;"],
    ["type A = 1 | true;"],
    [
      "const a = () => [true, 1, 5];",
      "const a = () => [false, 1, 5];",
      "const a = () => [true, 1, 4];",
      "const a = () => [true, 1, 6];",
      "const a = () => [true, 2, 5];",
    ],
    ["class A { constructor() { super(); return; } }", "class A { constructor() { super(); ; } }"],
  ]
) {
  Deno.test(`Of "${source}" there are ${mutants.length} mutants`, () => {
    assert.deepEqual(mutantsOf(source), mutants.sort());
  });
}
